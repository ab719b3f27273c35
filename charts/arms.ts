/** Charts of an experiment: one row for each arm, or a line along the number that the arms vary. */
import type { EChartsOption } from 'echarts';
import { base, logAxis, meanAndDeviation, numberAxis, short, usualRange } from './base.ts';
import { errorBars } from './error-bars.ts';
import { rowChart, type RowMarks } from './rows.ts';
import type { Theme } from './theme.ts';
import { largest, smallest } from '../numerics/statistics.ts';

export interface MetricColumn {
  readonly title: string;
  /** A `share` is shown in percent. */
  readonly unit: 'share' | 'seconds' | 'number';
}

export interface ArmValues {
  readonly name: string;
  /** One for each seed. */
  readonly values: readonly number[];
  /** The value that the source reports, in the unit of the values. */
  readonly published?: number;
}

export interface ArmDots {
  readonly metric: MetricColumn;
  readonly arms: readonly ArmValues[];
}

const names = {
  mean: 'mean ± standard deviation',
  seeds: 'each seed',
  published: 'published',
  beyond: 'beyond the axis',
} as const;

/** A row for each arm: mean ± standard deviation, every seed as a small dot, a published value as a hollow mark. */
export function armDotChart({ metric, arms }: ArmDots, theme: Theme): EChartsOption {
  const shown = (value: number): number => value * factorOf(metric);
  const summaries = arms
    .filter(({ values }) => values.length > 0)
    .map(({ name, values }) => {
      const inUnit = values.map(shown);
      return Object.assign(meanAndDeviation(inUnit), { row: name, values: inUnit });
    });
  const publishedValues = arms.flatMap((arm) => (arm.published === undefined ? [] : [shown(arm.published)]));
  const [low, high] = usualRange(
    summaries.flatMap(({ values }) => values),
    publishedValues,
  );
  const inside = summaries.filter(({ mean }) => mean >= low && mean <= high);
  const [lowest, highest] = [Math.min, Math.max].map((end) => end(...inside.flatMap(({ values }) => values)));
  const beyond = (isBeyond: (mean: number) => boolean, at: number, rotate: number): RowMarks => ({
    name: names.beyond,
    colour: theme.series[0],
    symbol: 'triangle',
    isHollow: true,
    rotate,
    size: 10,
    marks: summaries
      .filter(({ mean }) => isBeyond(mean))
      .map(({ row, mean }) => ({ row, value: at, label: short(mean) })),
  });
  return rowChart(
    titleOf(metric),
    arms.map(({ name }) => name),
    [
      {
        name: names.seeds,
        colour: theme.series[0],
        symbol: 'circle',
        size: 6,
        opacity: 0.45,
        marks: inside.flatMap(({ row, values }) => values.map((value) => ({ row, value }))),
      },
      {
        name: names.mean,
        colour: theme.series[0],
        symbol: 'diamond',
        size: 11,
        marks: inside.map(({ row, mean, sd }) => ({ row, value: mean, error: sd })),
      },
      beyond((mean) => mean < low, lowest, 90),
      beyond((mean) => mean > high, highest, -90),
      {
        name: names.published,
        colour: theme.series[1],
        symbol: 'diamond',
        isHollow: true,
        size: 11,
        marks: arms.flatMap(({ name, published }) =>
          published === undefined ? [] : [{ row: name, value: shown(published) }],
        ),
      },
    ],
    theme,
  );
}

export interface Sweep {
  readonly metric: MetricColumn;
  /** Name of the varied number. */
  readonly parameter: string;
  readonly lines: readonly {
    readonly name: string;
    readonly points: readonly {
      readonly x: number;
      readonly values: readonly number[];
      readonly published?: number;
    }[];
  }[];
}

/** The axis is logarithmic if the largest x is at least so many times the smallest. */
const LOG_RATIO = 30;

/** Mean ± standard deviation along the parameter, whose axis is logarithmic if that spreads the points better. */
export function sweepChart({ metric, parameter, lines }: Sweep, theme: Theme): EChartsOption {
  const places = lines.flatMap(({ points }) => points.map(({ x }) => x));
  const [low, high] = [smallest(places), largest(places)];
  const shown = (value: number): number => value * factorOf(metric);
  const means = lines.flatMap(({ points }) =>
    points.filter(({ values }) => values.length > 0).map(({ values }) => meanAndDeviation(values.map(shown)).mean),
  );
  const publishedValues = lines.flatMap(({ points }) =>
    points.flatMap(({ published }) => (published === undefined ? [] : [shown(published)])),
  );
  const usual = usualRange(means, publishedValues);
  const inside = means.filter((mean) => mean >= usual[0] && mean <= usual[1]);
  const [lowest, highest] = [smallest(inside), largest(inside)];
  return {
    ...base(
      theme,
      lines.map(({ name }) => name),
    ),
    xAxis: low > 0 && high / low >= LOG_RATIO ? logAxis(theme, parameter, places) : numberAxis(theme, parameter),
    yAxis: numberAxis(theme, titleOf(metric)),
    series: lines.flatMap(({ name, points }, i) => {
      const colour = theme.series[i % theme.series.length];
      const measured = points
        .filter(({ values }) => values.length > 0)
        .map(({ x, values }) => Object.assign(meanAndDeviation(values.map(shown)), { x }));
      const published = points.flatMap((point) =>
        point.published === undefined ? [] : [[point.x, shown(point.published)]],
      );
      return [
        {
          type: 'line',
          name,
          symbol: 'circle',
          symbolSize: 7,
          lineStyle: { color: colour, width: 2 },
          itemStyle: { color: colour },
          data: measured.map(({ x, mean }) => {
            const at = Math.min(Math.max(mean, lowest), highest);
            // A value far from the others is drawn at the edge, with its number.
            if (at !== mean) {
              const label = { show: true, formatter: short(mean), color: theme.text, position: 'top' as const };
              return {
                value: [x, at],
                symbol: 'emptyTriangle',
                symbolRotate: mean < at ? 180 : 0,
                symbolSize: 11,
                label,
              };
            }
            return { value: [x, at] };
          }),
        },
        errorBars({
          name,
          colour,
          direction: 'vertical',
          bars: measured
            .filter(({ mean }) => mean >= lowest && mean <= highest)
            .map(({ x, mean, sd }) => ({ x, y: mean, error: sd })),
        }),
        {
          type: 'line',
          name,
          symbol: 'emptyCircle',
          symbolSize: 7,
          lineStyle: { color: colour, width: 1, type: 'dotted' },
          itemStyle: { color: colour },
          data: published,
        },
      ];
    }),
  };
}

const factorOf = ({ unit }: MetricColumn): number => (unit === 'share' ? 100 : 1);

const titleOf = ({ title, unit }: MetricColumn): string =>
  unit === 'share' ? `${title} (%)` : unit === 'seconds' && title === 'seconds' ? 'seconds of one core' : title;
