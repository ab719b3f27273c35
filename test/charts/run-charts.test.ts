import test from 'ava';
import { armDotChart, sweepChart } from '../../charts/arms.ts';
import { calibrationChart } from '../../charts/calibration.ts';
import { confusionChart } from '../../charts/confusion.ts';
import { gapChart } from '../../charts/gap.ts';
import { geometryChart, lineChart, planeChart, rayChart, spectrumChart } from '../../charts/geometry.ts';
import {
  type CurveGroup,
  type CurveMetric,
  learningCurveChart,
  learningRateChart,
} from '../../charts/learning-curves.ts';
import { renderPng, renderSvg } from '../../charts/render.ts';
import { themes } from '../../charts/theme.ts';
import { score } from '../../pipeline/evaluate.ts';
import { charts } from '../dashboard/analyses.ts';
import { HOSTILE } from './studies.ts';
import type { GeometryChart } from '../../records/geometry.ts';

/** Sums of decimal fractions. */
const ROUNDING = 1e-9;
const theme = themes.dark;

interface Plain {
  series: { type: string; name: string; data: unknown[]; lineStyle?: { type: string; width: number } }[];
  [axis: string]: unknown;
}
const plain = (option: object): Plain => option as Plain;
const seriesOf = (option: object, type: string, name?: string): Plain['series'] =>
  plain(option).series.filter((series) => series.type === type && (name === undefined || series.name === name));

const curve = (losses: readonly number[]) =>
  losses.map((loss, epoch) => ({
    epoch,
    learningRate: 0.1 / (epoch + 1),
    trainLoss: loss / 2,
    validationAccuracy: 1 - loss / 10,
    validationLoss: loss,
  }));
const groups = [{ name: 'SWA', curves: [curve([4, 2, 1]), curve([2, 1])] }];

test('learning curves have the mean over the folds, up to the end of the shortest', (t) => {
  const lines = seriesOf(learningCurveChart({ groups, metric: 'loss', show: 'each' }, theme), 'line');
  const means = lines.filter(({ lineStyle }) => lineStyle!.width === 2);
  t.deepEqual(
    means.map(({ data }) => data),
    [
      [
        [1, 3],
        [2, 1.5],
      ],
      [
        [1, 1.5],
        [2, 0.75],
      ],
    ],
  );
  t.deepEqual(
    means.map(({ lineStyle }) => lineStyle!.type),
    ['solid', 'dashed'],
  );
  t.is(lines.length, 6);
});

test('epochs begin at 1 and end with the last of the longest training', (t) => {
  for (const option of [
    learningCurveChart({ groups, metric: 'loss', show: 'mean' }, theme),
    learningRateChart(groups, theme),
  ]) {
    t.like(plain(option).xAxis, { min: 1, max: 3 });
  }
});

test('a band is the mean ± the standard deviation', (t) => {
  const [{ data }] = seriesOf(learningCurveChart({ groups, metric: 'loss', show: 'band' }, theme), 'custom');
  t.deepEqual(data[0], [1, 3 - Math.SQRT2, 3 + Math.SQRT2]);
});

test('a logarithmic accuracy axis shows the error', (t) => {
  const option = learningCurveChart({ groups, metric: 'accuracy', show: 'mean', log: true }, theme);
  const [{ data }] = seriesOf(option, 'line');
  t.true(Math.abs((data[0] as number[])[1] - 30) < ROUNDING);
  t.is((plain(option).yAxis as { type: string }).type, 'log');
});

test('the metric of a competition is drawn for the groups that have it', (t) => {
  const kappa: CurveMetric = { title: 'kappa', direction: 'maximize' };
  const scored = curve([4, 2]).map((epoch, i) => Object.assign(epoch, { validationMetric: 0.5 + i / 4 }));
  const of: CurveGroup[] = [...groups, { name: 'scored', metric: kappa, curves: [scored] }];
  const drawn = (metric: Parameters<typeof learningCurveChart>[0]['metric'], log: boolean) => {
    const option = learningCurveChart({ groups: of, metric, show: 'mean', log }, theme);
    const [line, ...others] = seriesOf(option, 'line');
    t.deepEqual(others, []);
    return { name: line.name, values: line.data, axis: (plain(option).yAxis as { name: string }).name };
  };
  const points = (...values: number[]): number[][] => values.map((value, i) => [i + 1, value]);
  t.deepEqual(drawn(kappa, false), {
    name: 'scored',
    values: points(0.5, 0.75),
    axis: 'validation kappa (more is better)',
  });
  // What is best at 1 is drawn as its distance from there.
  t.deepEqual(drawn(kappa, true).values, points(0.5, 0.25));
  const loss: CurveMetric = { title: 'log loss', direction: 'minimize' };
  of[1] = { ...of[1], metric: loss };
  t.deepEqual(drawn(loss, true), {
    name: 'scored',
    values: points(0.5, 0.75),
    axis: 'validation log loss (less is better)',
  });
});

test('a band does not leave the values that there can be', (t) => {
  const option = learningCurveChart({ groups, metric: 'accuracy', show: 'band' }, theme);
  const { min, max } = plain(option).yAxis as Record<'min' | 'max', (of: object) => number | null>;
  t.is(min({ min: -4 }), 0);
  t.is(max({ max: 103 }), 100);
  t.is(min({ min: 4 }), null);
  t.is(max({ max: 99 }), null);
});

test('smoothing is an average without the pull of its start', (t) => {
  const of = [{ name: 'one', curves: [curve([4, 2])] }];
  const option = learningCurveChart({ groups: of, metric: 'loss', show: 'mean', smoothing: 0.5 }, theme);
  const values = (seriesOf(option, 'line')[0].data as number[][]).map(([, value]) => value);
  // (½ · ½ · 4 + ½ · 2) / (1 − ½²)
  t.deepEqual(values, [4, 8 / 3]);
});

test('a learning rate has a line for each fold', (t) => {
  const lines = seriesOf(learningRateChart(groups, theme), 'line');
  t.deepEqual(lines[1].data, [
    [1, 0.1],
    [2, 0.05],
  ]);
});

test('a confusion matrix colours mistakes alone', (t) => {
  const option = confusionChart(
    {
      classes: ['a', HOSTILE],
      counts: [
        [5, 1],
        [2, 9],
      ],
    },
    theme,
  );
  t.deepEqual(seriesOf(option, 'heatmap')[0].data, [
    [1, 0, 1],
    [0, 1, 2],
  ]);
  t.deepEqual(seriesOf(option, 'custom')[0].data, [
    [0, 0, 5],
    [1, 1, 9],
  ]);
});

test('a confusion matrix of many classes has colours and tips in place of numbers', (t) => {
  const classes = Array.from({ length: 100 }, (_, k) => `class ${k}`);
  const counts = classes.map((_, truth) => classes.map((__, predicted) => Number(truth + 1 === predicted)));
  const option = plain(confusionChart({ classes, counts }, theme)) as Plain & {
    tooltip: { formatter: (cell: { value: number[] }) => string };
    series: { label?: { show: boolean } }[];
  };
  t.is(seriesOf(option, 'heatmap')[0].data.length, 9_900);
  t.deepEqual([option.series[0].label!.show, seriesOf(option, 'custom')[0].data], [false, []]);
  t.is(option.tooltip.formatter({ value: [7, 6, 1] }), 'class 6 → class 7: 1');
});

test('a reliability diagram leaves out empty bins and says the error', async (t) => {
  const bins = [
    { from: 0.5, to: 0.75, count: 0, confidence: null, accuracy: null },
    { from: 0.75, to: 1, count: 100, confidence: 0.9, accuracy: 0.8 },
  ];
  const option = calibrationChart({ bins, error: 0.1 }, theme);
  t.deepEqual(seriesOf(option, 'line', 'measured, ± standard error')[0].data, [[90, 80]]);
  // √(.8 · .2 / 100) = .04
  t.deepEqual(seriesOf(option, 'custom')[0].data, [[90, 80, 76, 84]]);
  t.regex((plain(option).title as { text: string }).text, /error 10\.00 points, 100 images/);
  // A wider font than the one that ECharts knows makes the text longer to the left, where there is room.
  const svg = await renderSvg(option, { width: 400, height: 400 }, 'calibration');
  t.regex(svg, /<text [^>]*text-anchor="end"[^>]*translate\(383 [^>]*>expected calibration error/);
});

test('a reliability diagram has room for bins that are right less often than by chance, and round ticks', (t) => {
  const third = 1 / 3;
  const bins = [
    { from: third, to: 2 * third, count: 4, confidence: 0.4, accuracy: 0 },
    { from: 2 * third, to: 1, count: 10, confidence: 0.9, accuracy: 0.8 },
  ];
  const { xAxis, yAxis } = plain(calibrationChart({ bins, error: 0.2 }, theme)) as unknown as Record<
    'xAxis' | 'yAxis',
    readonly { min: number; max: number; interval: number }[]
  >;
  t.like(yAxis[0], { min: 0, max: 100, interval: 20 });
  for (const axis of xAxis) t.like(axis, { min: 30, max: 100, interval: 10 });
});

test('the gap is train minus the others in points, and its error that of a difference', (t) => {
  const methods = [{ name: 'SWA', train: score(99, 100), outOfFold: score(97, 100), test: null }];
  const option = gapChart(methods, theme);
  const [{ data }] = seriesOf(option, 'scatter');
  t.true(Math.abs((data[0] as { value: number[] }).value[0] - 2) < ROUNDING);
  const [x, , low, high] = seriesOf(option, 'custom')[0].data[0] as number[];
  const error = 100 * Math.hypot(score(99, 100).standardError, score(97, 100).standardError);
  t.true(Math.abs(x - low - error) < ROUNDING && Math.abs(high - x - error) < ROUNDING);
  t.deepEqual([...new Set(plain(option).series.map(({ name }) => name))], ['train − out-of-fold']);
});

test('arms have their seeds, mean and deviation in percent, and what is published', (t) => {
  const arms = [
    { name: 'sgd', values: [0.8, 0.9], published: 0.95 },
    { name: 'sam', values: [] },
  ];
  const option = armDotChart({ metric: { title: 'test accuracy', unit: 'share' }, arms }, theme);
  const values = (name: string): number[] =>
    (seriesOf(option, 'scatter', name)[0].data as { value: number[] }[]).map(({ value }) => value[0]);
  t.deepEqual(values('each seed'), [80, 90]);
  t.deepEqual(values('mean ± standard deviation'), [85]);
  t.deepEqual(values('published'), [95]);
  t.deepEqual((plain(option).yAxis as { data: string[] }).data, ['sgd', 'sam']);
});

test('an arm far from the others does not press them together', (t) => {
  const arms = [0.9, 0.91, 0.92, 0.93, 0.1].map((value, i) => ({ name: `arm-${i}`, values: [value] }));
  const option = armDotChart({ metric: { title: 'test accuracy', unit: 'share' }, arms }, theme);
  const [{ data }] = seriesOf(option, 'scatter', 'beyond the axis');
  t.like(data[0], { value: [90, 'arm-4'], label: { formatter: '10' } });
});

test('an arm stays on the axis that is no farther from the others than their seeds are apart', (t) => {
  const arms = [0.9, 0.901, 0.902, 0.91].map((middle, i) => ({
    name: `arm-${i}`,
    values: [middle - 0.01, middle + 0.01],
  }));
  const option = armDotChart({ metric: { title: 'test accuracy', unit: 'share' }, arms }, theme);
  t.deepEqual(seriesOf(option, 'scatter', 'beyond the axis'), []);
});

test('a sweep is logarithmic where that spreads its points', (t) => {
  const type = (places: readonly number[]): string => {
    const points = places.map((x) => ({ x, values: [x] }));
    const option = sweepChart(
      { metric: { title: 'loss', unit: 'number' }, parameter: 'rho', lines: [{ name: 'SAM', points }] },
      theme,
    );
    return (plain(option).xAxis as { type: string }).type;
  };
  t.deepEqual([type([0.002, 1, 10]), type([0, 0.1, 0.5]), type([30, 45])], ['log', 'value', 'value']);
});

test('a plane leaves out what is not measured, and joins neighbours of one colour', async (t) => {
  const plane = {
    x: [0, 1, 2],
    y: [0, 1],
    z: [
      [1, 1, null],
      [1, 2, 3],
    ],
    title: HOSTILE,
    points: [{ name: HOSTILE, x: 0, y: 0 }],
    path: [
      [0, 0],
      [2, 1],
    ] as [number, number][],
  };
  const option = planeChart(plane, theme);
  const cells = seriesOf(option, 'custom')[0].data.map((cell) => (cell as number[]).slice(0, 4));
  t.deepEqual(cells, [
    [-0.5, 1.5, -0.5, 0.5],
    [-0.5, 0.5, 0.5, 1.5],
    [0.5, 1.5, 0.5, 1.5],
    [1.5, 2.5, 0.5, 1.5],
  ]);
  const svg = await renderSvg(option, { width: 400, height: 300 }, 'plane');
  t.false(svg.includes('<script'), svg);
  const coarse = { ...plane, z: plane.z.map((row) => row.map(() => null)) };
  t.true((await renderSvg(planeChart(coarse, theme), { width: 400, height: 300 }, 'plane')).endsWith('</svg>'));
});

test('the lines of a plane have round levels as labels, which part its points', async (t) => {
  const axis = Array.from({ length: 21 }, (_, i) => i - 10);
  // Few values, as errors have them: many points lie exactly on a level.
  const z = axis.map((y) => axis.map((x) => 2 + Math.round((x * x + y * y) / 10) / 5));
  const option = planeChart({ x: axis, y: axis, z, title: 'error', points: [] }, theme);
  const svg = await renderSvg(option, { width: 600, height: 500 }, 'plane');
  // A label is a text with an outline, along its line.
  const texts = [...svg.matchAll(/<text[^>]* stroke="[^>]*>([^<]+)</g)].map(([, text]) => text);
  t.deepEqual(texts, ['2.1', '2.25', '2.5', '3', '4']);
});

test('lines may have an axis of their own, gaps and marks', async (t) => {
  const option = lineChart(
    {
      t: [0, 1, 2],
      title: 'from SWA to SGD',
      axes: ['loss', 'error (%)'],
      quantities: [
        { name: 'train loss', axis: 'left', values: [1, null, 3] },
        { name: 'test error', axis: 'right', values: [4, 5, 6] },
      ],
      marks: [{ name: 'SGD', t: 1 }],
    },
    theme,
  );
  t.deepEqual(plain(option).series[0].data, [
    [0, 1],
    [1, null],
    [2, 3],
  ]);
  const svg = await renderSvg(option, { width: 400, height: 300 }, 'lines');
  for (const text of ['train loss', 'error (%)', 'SGD']) t.true(svg.includes(`>${text}</text>`), text);
});

test('rays have a mean where all of them are measured', (t) => {
  const rays = [
    [1, 2, 3],
    [3, 4, null],
  ];
  const lines = plain(
    rayChart({ distance: [0, 1, 2], title: 'error', families: [{ name: 'SWA', rays }] }, theme),
  ).series;
  t.deepEqual(lines.at(-1)?.data, [
    [0, 2],
    [1, 3],
    [2, null],
  ]);
});

test('charts that went through JSON are drawn as before', async (t) => {
  const size = { width: 300, height: 200 };
  for (const { chart } of Object.values(charts)) {
    const kept: GeometryChart = JSON.parse(JSON.stringify(chart));
    const svg = await renderSvg(geometryChart(kept, theme), size, 'kept');
    t.is(svg, await renderSvg(geometryChart(chart, theme), size, 'kept'));
    t.true(svg.length > 1000, chart.kind);
  }
});

test('a spectrum is drawn down to a least density', async (t) => {
  const spectra = [{ name: 'SGD', eigenvalue: [0, 1, 2], density: [1, 0, 1e-3] }];
  const option = spectrumChart({ spectra }, theme);
  t.deepEqual(plain(option).series[0].data, [
    [0, 1],
    [1, 1e-7],
    [2, 1e-3],
  ]);
  const svg = await renderSvg(option, { width: 400, height: 300 }, 'spectrum');
  t.true((await renderPng(svg, 1)).length > 1000);
});
