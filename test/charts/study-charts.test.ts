import test from 'ava';
import { worthShowing } from '../../charts/base.ts';
import { contourChart } from '../../charts/contour.ts';
import { historyChart } from '../../charts/history.ts';
import { importanceChart } from '../../charts/importance.ts';
import { MOST_CURVES, MOST_LINES } from '../../charts/index.ts';
import { intermediateChart } from '../../charts/intermediate.ts';
import { paretoChart } from '../../charts/pareto.ts';
import { parallelChart } from '../../charts/parallel.ts';
import { renderSvg } from '../../charts/render.ts';
import { sliceChart } from '../../charts/slice.ts';
import { themes } from '../../charts/theme.ts';
import { timelineChart } from '../../charts/timeline.ts';
import { contour } from '../../search/analysis/contour.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';
import { slice } from '../../search/analysis/slice.ts';
import { HOSTILE, study } from './studies.ts';

const { trials } = study;
const ofStudy = { name: HOSTILE, direction: 'maximize', trials } as const;
const theme = themes.light;

/** The part of options that the tests look at. */
interface Plain {
  series: { name: string; data: unknown[]; lineStyle?: { opacity: number } }[];
  [axis: string]: unknown;
}
const plain = (option: object): Plain => option as Plain;
const named = (option: object, name: string): unknown[] =>
  plain(option).series.find((series) => series.name === name)!.data;

test('the history keeps the best so far and marks trials without a value, or with one far from the others', (t) => {
  const option = historyChart([ofStudy], theme);
  t.deepEqual(named(option, 'complete'), [
    [0, 0.9],
    [1, 0.8],
    [4, 0.95],
    [5, 0.93],
  ]);
  const best = named(option, 'best so far') as [number, number][];
  t.deepEqual(
    best.map(([, value]) => value),
    [0.9, 0.9, 0.95, 0.95, 0.95, 0.95],
  );
  const numbers = (name: string): number[] => (named(option, name) as [number, number][]).map(([number]) => number);
  t.deepEqual([numbers('far worse'), numbers('pruned'), numbers('failed')], [[6], [2], [3]]);
});

test('the best so far leaves out trials that miss a constraint', (t) => {
  const one = (number: number, value: number, room: number): FrozenTrial => ({
    ...ofStudy.trials[0],
    number,
    value,
    constraints: { room },
  });
  const told = [one(0, 5, 0), one(1, 1, 2), one(2, 4, 0)];
  const best = named(
    historyChart([{ name: 'room', direction: 'minimize', trials: told }], theme),
    'best so far',
  ) as number[][];
  t.deepEqual(best, [
    [0, 5],
    [2, 4],
    [2, 4],
  ]);
});

test('the best so far of a study that minimizes goes down', (t) => {
  const best = named(historyChart([{ ...ofStudy, direction: 'minimize' }], theme), 'best so far') as number[][];
  t.is(best.at(-1)?.[1], 0.1);
});

test('several studies are told apart by name', (t) => {
  const option = plain(
    historyChart(
      [
        { ...ofStudy, name: 'a' },
        { ...ofStudy, name: 'b' },
      ],
      theme,
    ),
  );
  t.deepEqual([...new Set(option.series.map(({ name }) => name))], ['a', 'b']);
});

test('of accuracies all that is read is in percent, and the data are shares; other values are as they are', (t) => {
  const objective = { direction: 'maximize', measured: 'accuracy' } as const;
  const one = { ...ofStudy, ...objective };
  const slices = [slice(study, 'learningRate')];
  const front = {
    directions: ['maximize', 'minimize'],
    names: ['accuracy', 'seconds'],
    points: [{ number: 4, values: [0.95, 12.5], kind: 'front' }],
  } as const;
  const shown = (measured: 'accuracy' | 'unknown') => {
    const as = { ...one, measured };
    const drawn = [
      historyChart([as], theme),
      intermediateChart(as, theme),
      sliceChart(slices, theme, as),
      paretoChart({ ...front, measured }, 0, 1, theme),
      paretoChart({ ...front, measured }, 1, 0, theme),
    ];
    return [...drawn.map(firstAxis), parallelAxis(parallelChart(as, theme)), barOf(contourOf(as))];
  };
  t.deepEqual(shown('accuracy'), [
    ['accuracy (%)', '95.123'],
    ['reported accuracy (%)', '95.123'],
    ['accuracy (%)', '95.123'],
    ['seconds (minimize)', '0.95123'],
    ['accuracy (%, maximize)', '95.123'],
    ['accuracy (%)', '95.123'],
    ['accuracy (%)', '95', '80'],
  ]);
  t.deepEqual(shown('unknown'), [
    ['objective value', '0.95123'],
    ['reported value', '0.95123'],
    ['objective value', '0.95123'],
    ['seconds (minimize)', '0.95123'],
    ['accuracy (maximize)', '0.95123'],
    ['objective value', '0.95123'],
    ['objective value', '0.95', '0.8'],
  ]);
  t.deepEqual(named(historyChart([one], theme), 'complete')[0], [0, 0.9]);
  const mixed = historyChart([one, { ...ofStudy, name: 'other', measured: 'metric' }], theme);
  t.deepEqual(firstAxis(mixed), ['objective value', '0.95123']);
});

test('a mark tells its trial and its value, also where it is not at its place', (t) => {
  const one = { ...ofStudy, measured: 'accuracy' } as const;
  const history = historyChart([one], theme);
  t.is(textAt(history, [4, 0.95], 'complete'), 'trial 4: 95.00 %');
  t.is(textAt(history, [6, 0.11], 'far worse'), 'trial 6: 10.00 %');
  t.is(textAt(history, [2, 0.06], 'pruned'), 'trial 2: pruned');
  t.is(textAt(historyChart([ofStudy], theme), [4, 0.95], 'complete'), 'trial 4: 0.95');
  const two = historyChart([one, { ...one, name: 'b' }], theme);
  t.is(textAt(two, [4, 0.95], 'b'), 'b, trial 4: 95.00 %');
  t.is(textAt(sliceChart([slice(study, 'momentum')], theme, one), [0.6, 0.8, 6]), 'trial 6: 10.00 %');
  t.is(textAt(contourOf(one), [0.1, 0.4, 0.95, 4]), 'trial 4: 95.00 %');
  t.is(textAt(parallelChart(one, theme), [0.8], '', '6'), 'trial 6: 10.00 %');
  t.is(textAt(intermediateChart(one, theme), [1, 0.6], 'best trial'), 'best trial: 60.00 %');
  const points = [{ number: 3, values: [0.95, 12.5], kind: 'front' }] as const;
  const front = { directions: ['maximize', 'minimize'], names: ['accuracy', 'seconds'], points } as const;
  t.is(
    textAt(paretoChart({ ...front, measured: 'accuracy' }, 1, 0, theme), [12, 0.9, 3]),
    'trial 3: seconds 12.5, accuracy 95.00 %',
  );
});

/** The title of the first vertical axis, and how it writes 0.95123. */
function firstAxis({ yAxis }: object & { yAxis?: unknown }): string[] {
  const [{ name, axisLabel }] = [yAxis].flat() as Axis[];
  return [name, axisLabel.formatter(0.95123)];
}

const parallelAxis = (option: object): string[] => firstAxis({ yAxis: plain(option).parallelAxis });

/** The title of the colour bar, and its ends. */
function barOf(option: object): string[] {
  const { title, visualMap } = option as { title: { text: string }; visualMap: { text: string[] } };
  return [title.text, ...visualMap.text];
}

const contourOf = (objective: Parameters<typeof contourChart>[2]): object =>
  contourChart(contour(study, 'learningRate', 'momentum'), theme, objective);

interface Axis {
  readonly name: string;
  readonly axisLabel: { readonly formatter: (value: number) => string };
}

/** The tooltip of a mark. */
function textAt(option: object, value: readonly number[], seriesName = '', name = ''): string {
  const { tooltip } = option as { tooltip: { formatter: (mark: object) => string } };
  return tooltip.formatter({ value, seriesName, name });
}

test('axes of parameters are logarithmic, linear or choices as their distributions', (t) => {
  const slices = ['learningRate', 'momentum', HOSTILE].map((name) => slice(study, name));
  const option = plain(sliceChart(slices, theme, { direction: 'maximize' }));
  const axes = option.xAxis as { type: string; min: number; max: number }[];
  t.deepEqual(
    axes.map(({ type, min, max }) => [type, min, max]),
    [
      ['log', 1e-4, 1],
      ['value', 0, 1],
      ['value', -0.5, 1.5],
    ],
  );
  const points = option.series[0].data as { value: number[]; symbol: string }[];
  t.deepEqual(
    points.map(({ symbol }) => symbol),
    ['circle', 'circle', 'circle', 'circle', 'emptyTriangle'],
  );
  // At the edge of what is shown, which is the worst of the others.
  t.is(points[4].value[1], 0.8);
});

test('cells of a contour cover the ranges of both parameters', (t) => {
  const option = plain(contourChart(contour(study, 'learningRate', HOSTILE), theme));
  const cells = option.series[0].data as number[][];
  const all = (at: number): number[] => cells.map((cell) => cell[at]);
  t.deepEqual([Math.min(...all(0)), Math.max(...all(1))], [1e-4, 1]);
  t.deepEqual([Math.min(...all(2)), Math.max(...all(3))], [-0.5, 1.5]);
});

test('parallel coordinates have an axis for each parameter and name lines after trials', (t) => {
  const option = plain(parallelChart(ofStudy, theme));
  t.deepEqual(
    (option.parallelAxis as { name: string }[]).map(({ name }) => name),
    ['objective value', 'learningRate', 'momentum', HOSTILE],
  );
  t.deepEqual(option.series[0].data[1], { name: '1', value: [0.8, 0.01, 0.1, 1] });
});

test('of many trials each chart draws as many as its number says', (t) => {
  const many = Array.from({ length: 1_000 }, (_, number) => ({ ...trials[1], number, intermediateValues: { 0: 1 } }));
  const large = { ...ofStudy, trials: many };
  t.is(plain(parallelChart(large, theme)).series[0].data.length, MOST_LINES);
  t.is(plain(intermediateChart(large, theme)).series.length, MOST_CURVES);
});

test('a value far worse than the others stands at the end of its axis of parallel coordinates', (t) => {
  const option = plain(parallelChart(ofStudy, theme));
  const [{ min, max }] = option.parallelAxis as { min: number; max: number }[];
  t.deepEqual([min, max], [0.8, 0.95]);
  const worst = option.series[0].data.at(-1) as { name: string; value: number[] };
  t.like(worst, { name: '6' });
  t.is(worst.value[0], 0.8);
});

test('importance is in percent, and pairs that explain next to nothing are left out', (t) => {
  const shares = [
    { parameters: ['a'], share: 0.7 },
    { parameters: ['b'], share: 0.01 },
    { parameters: ['a', 'b'], share: 0.015 },
  ];
  const option = plain(importanceChart({ shares, leftOut: [], trials: 9, of: 9 }, theme));
  t.deepEqual(option.series[0].data, [70, 1]);
  t.deepEqual((option.yAxis as { data: string[] }).data, ['a', 'b']);
  const ranged = shares.map((one) => Object.assign({ low: one.share / 2, high: one.share }, one));
  const withRanges = plain(importanceChart({ shares: ranged, leftOut: [], trials: 9, of: 9 }, theme));
  t.deepEqual(withRanges.series[1].data, [
    [35, 70, 0],
    [0.5, 1, 1],
  ]);
});

test('intermediate curves dim what was pruned and leave gaps where there is no number', (t) => {
  const option = plain(intermediateChart(ofStudy, theme));
  const kinds = new Map(option.series.map((series) => [series.name, series]));
  t.deepEqual([...kinds.keys()].toSorted(), ['best trial', 'complete', 'failed or running', 'pruned']);
  t.true(kinds.get('pruned')!.lineStyle!.opacity < kinds.get('complete')!.lineStyle!.opacity);
  t.deepEqual(option.series[3].data, [
    [0, 0.53],
    [1, null],
  ]);
});

test('curves of a trial are drawn fold by fold, from the first epoch on, with a gap between them', (t) => {
  const intermediateValues = { 0: 0.1, 1: 0.2, 2: 0.15, 3: 0.25 };
  const two = { ...ofStudy, trials: [Object.assign({ ...trials[0] }, { intermediateValues })] };
  t.deepEqual(plain(intermediateChart({ ...two, stepsPerFold: 2 }, theme)).series[0].data, [
    [1, 0.1],
    [2, 0.2],
    [1, null],
    [1, 0.15],
    [2, 0.25],
  ]);
});

test('points of a contour have the colours of their values, and where no trial was near is nothing', (t) => {
  const distribution = { kind: 'float', low: 0, high: 1, log: false } as const;
  const ticks = [0.05, 0.25, 0.5, 0.75, 0.95];
  const axis = { distribution, ticks };
  const points = [
    { number: 0, x: 0.05, y: 0.05, value: 0 },
    { number: 1, x: 0.25, y: 0.05, value: 1 },
  ];
  const surface = ticks.map(() => ticks.map(() => 0.5));
  const { series } = plain(
    contourChart({ x: { parameter: 'a', ...axis }, y: { parameter: 'b', ...axis }, points, of: 2, surface }, theme),
  );
  const drawn = series[0].data as number[][];
  t.deepEqual([Math.min(...drawn.map(([left]) => left)), Math.max(...drawn.map(([, right]) => right))], [0, 0.375]);
  t.is(Math.max(...drawn.map(([, , , top]) => top)), 0.15);
  const marks = series[1].data as { value: number[]; itemStyle: { color: string } }[];
  t.deepEqual(
    marks.map(({ itemStyle }) => itemStyle.color),
    [theme.scale[0], theme.scale.at(-1)],
  );
});

test('where most values are equal, none of the others is far worse', (t) => {
  t.deepEqual(worthShowing([1, 1, 1, 1, 1, 0.9, 0.8], 'maximize'), [0.8, 1]);
  t.deepEqual(worthShowing([1, 1, 1, 1, 1], 'maximize'), [1, 1]);
  // Values that lie close together, whatever their median: the search has found a good place.
  t.deepEqual(worthShowing([0.98, 0.98, 0.98, 0.979, 0.975, 0.97], 'maximize'), [0.97, 0.98]);
  t.deepEqual(worthShowing([0.98, 0.97, 0.96, 0.95, 0.94, 0.1], 'maximize'), [0.94, 0.98]);
});

test('trials at the same time are in different lanes, and running ones last until now', (t) => {
  const now = new Date(Date.UTC(2026, 0, 1, 1)).toISOString();
  const option = plain(timelineChart({ trials, now }, theme));
  const bars = option.series.flatMap(({ data }) => data as [start: number, end: number, lane: number, trial: number][]);
  t.deepEqual(
    bars.map(([, , , number]) => number).toSorted((a, b) => a - b),
    [0, 1, 2, 3, 4, 5, 6, 7],
  );
  for (const [start, end, lane, number] of bars) {
    const meets = bars.filter((bar) => bar[3] !== number && bar[2] === lane && bar[0] < end && start < bar[1]);
    t.deepEqual(meets, []);
  }
  t.is(bars.find(([, , , number]) => number === 7)![1], Date.parse(now));
});

test('every process has lanes of its own, and trials of unknown ones the lanes that are left', (t) => {
  const now = new Date(Date.UTC(2026, 0, 1, 1)).toISOString();
  const [one, two] = [
    { host: 'a', pid: 1 },
    { host: 'a', pid: 2 },
  ];
  const lanesOf = (processes: Map<number, typeof one>) => {
    const { yAxis, series } = plain(timelineChart({ trials, processes, now }, theme));
    const { data: names } = yAxis as { data: string[] };
    const bars = series.flatMap(({ data }) => data as [start: number, end: number, lane: number, trial: number][]);
    return { names, of: bars.toSorted((a, b) => a[3] - b[3]).map(([, , lane]) => names[lane]) };
  };
  const ran = new Map([0, 1, 2, 3, 4].map((number) => [number, number % 2 === 0 ? one : two]));
  const { names, of } = lanesOf(ran);
  t.deepEqual(names, ['process 1', 'process 2', 'lane 1', 'lane 2']);
  // Trials take two minutes and begin one after each minute: those of one process just do not meet.
  const known = ['process 1', 'process 2', 'process 1', 'process 2', 'process 1'];
  t.deepEqual(of, [...known, 'lane 1', 'lane 2', 'lane 1']);
  t.deepEqual(lanesOf(ran.set(1, { host: 'b', pid: 2 })).names.slice(0, 3), ['a 1', 'b 2', 'a 2']);
  const alone = new Map(trials.map(({ number }) => [number, one]));
  t.deepEqual(lanesOf(alone).names, ['process 1', '· 2']);
});

test('a study without a trial has charts too', async (t) => {
  const empty = { ...ofStudy, trials: [] };
  for (const option of [historyChart([empty], theme), intermediateChart(empty, theme), parallelChart(empty, theme)]) {
    t.true((await renderSvg(option, { width: 300, height: 200 }, 'nothing')).endsWith('</svg>'));
  }
});

test('the Pareto plot tells the front from dominated trials and from those that miss a constraint', (t) => {
  const kinds = ['front', 'dominated', 'front', 'infeasible'] as const;
  const points = [
    [0.9, 10],
    [0.9, 15],
    [0.8, 2],
    [0.99, 5],
  ].map((values, number) => ({ number, values, kind: kinds[number] }));
  const fronts = { directions: ['maximize', 'minimize'], names: ['accuracy', HOSTILE] } as const;
  const option = paretoChart({ ...fronts, points }, 0, 1, theme);
  t.deepEqual(named(option, 'Pareto front'), [
    [0.8, 2, 2],
    [0.9, 10, 0],
  ]);
  t.deepEqual(named(option, 'dominated'), [[0.9, 15, 1]]);
  t.deepEqual(named(option, 'misses a constraint'), [[0.99, 5, 3]]);
  const missed = paretoChart({ ...fronts, points: points.slice(3) }, 1, 0, theme);
  t.deepEqual(
    plain(missed).series.map(({ name }) => name),
    ['misses a constraint'],
  );
});
