/** Learning curves of trainings: runs with their folds, or arms of an experiment with their seeds. */
import type { EChartsOption, SeriesOption } from 'echarts';
import type { EpochMetrics } from '../pipeline/index.ts';
import { base, logAxis, meanAndDeviation, numberAxis, worthShowing } from './base.ts';
import { band } from './error-bars.ts';
import type { Theme } from './theme.ts';
import { smallest } from '../numerics/statistics.ts';

/** What a competition scores by, where that is not accuracy. */
export interface CurveMetric {
  /** Name in sentences: "log loss". */
  readonly title: string;
  readonly direction: 'maximize' | 'minimize';
}

/** Trainings that differ only in their fold or seed. */
export interface CurveGroup {
  readonly name: string;
  /** Metric of the `validationMetric` of its epochs. Default: its epochs have none. */
  readonly metric?: CurveMetric;
  /** One list of epochs for each fold or seed. */
  readonly curves: readonly (readonly EpochMetrics[])[];
}

export interface LearningCurves {
  readonly groups: readonly CurveGroup[];
  /**
   * `loss` draws the training loss dashed and the validation loss solid. A metric draws only the groups that have it;
   * the others keep their colours.
   */
  readonly metric: 'loss' | 'accuracy' | CurveMetric;
  /** What is drawn beside the mean: every curve as a thin line, a band of ± one standard deviation, or nothing. */
  readonly show: 'each' | 'band' | 'mean';
  /** Weight of the past in an exponential moving average, in [0, 1). Default: 0, no smoothing. */
  readonly smoothing?: number;
  /** Makes the axis logarithmic, and shows 1 − value in place of a value whose best is 1. Default: false. */
  readonly log?: boolean;
}

type Point = readonly [epoch: number, value: number];
/** The `factor` of `worthShowing` for losses: large, since the losses of the first epochs are high. */
const LOSS_FACTOR = 40;

type LineType = 'solid' | 'dashed' | 'dotted';

export function learningCurveChart(
  { groups, metric, show, smoothing = 0, log = false }: LearningCurves,
  theme: Theme,
): EChartsOption {
  const { title, quantities, floor, ceiling } = quantityOf(metric, log);
  const drawn = groups.flatMap((group, i) =>
    hasMetric(group, metric)
      ? quantities.map(([type, valueOf]) => ({
          name: group.name,
          colour: theme.series[i % theme.series.length],
          type,
          curves: group.curves.map((epochs) => smoothed(pointsOf(epochs, valueOf, log), smoothing)),
        }))
      : [],
  );
  const values = valuesOf(drawn.flatMap(({ curves }) => curves));
  // The curve of a training that nearly diverged is clipped at the upper edge.
  const highest = ceiling === null ? worthShowing(values, 'minimize', LOSS_FACTOR)[1] : Infinity;
  const capped = drawn.map((of) =>
    Object.assign(of, {
      curves: of.curves.map((points) => points.map(([epoch, value]): Point => [epoch, Math.min(value, highest)])),
    }),
  );
  return {
    ...base(
      theme,
      groups.filter((group) => hasMetric(group, metric)).map(({ name }) => name),
    ),
    xAxis: epochAxis(theme, groups),
    yAxis: log
      ? logAxis(theme, title, valuesOf(capped.flatMap(({ curves }) => curves)))
      : {
          ...numberAxis(theme, title),
          // A band of standard deviations may reach beyond what there can be.
          min: ({ min }: { readonly min: number }) => (floor !== null && min < floor ? floor : null),
          max: ({ max }: { readonly max: number }) => (ceiling !== null && max > ceiling ? ceiling : null),
        },
    series: capped.flatMap((curves) => curveSeries({ ...curves, show, log })),
  };
}

interface Quantity {
  readonly title: string;
  readonly quantities: readonly (readonly [LineType, (metrics: EpochMetrics) => number])[];
  /** The smallest value; null where it may be below 0. */
  readonly floor: number | null;
  /** The largest value; null where less is better. */
  readonly ceiling: number | null;
}

function quantityOf(metric: LearningCurves['metric'], log: boolean): Quantity {
  if (metric === 'loss') {
    return {
      title: 'cross-entropy (training dashed)',
      quantities: [
        ['solid', ({ validationLoss = NaN }) => validationLoss],
        ['dashed', ({ trainLoss }) => trainLoss],
      ],
      floor: 0,
      ceiling: null,
    };
  }
  if (metric === 'accuracy') {
    return {
      title: log ? 'validation error (%)' : 'validation accuracy (%)',
      quantities: [
        ['solid', ({ validationAccuracy = NaN }) => 100 * (log ? 1 - validationAccuracy : validationAccuracy)],
      ],
      floor: 0,
      ceiling: 100,
    };
  }
  const { title, direction } = metric;
  const isLessBetter = direction === 'minimize';
  // All metrics that are maximized are 1 at best.
  const isTurned = log && !isLessBetter;
  return {
    title: isTurned
      ? `1 − validation ${title} (less is better)`
      : `validation ${title} (${isLessBetter ? 'less' : 'more'} is better)`,
    quantities: [['solid', ({ validationMetric = NaN }) => (isTurned ? 1 - validationMetric : validationMetric)]],
    floor: isLessBetter ? 0 : null,
    ceiling: isLessBetter ? null : 1,
  };
}

const hasMetric = (group: CurveGroup, metric: LearningCurves['metric']): boolean =>
  typeof metric === 'string' || group.metric?.title === metric.title;

const valuesOf = (curves: readonly (readonly Point[])[]): number[] => curves.flat().map(([, value]) => value);

/** The learning rate of each epoch's last step, for every curve of every group. */
export function learningRateChart(groups: readonly CurveGroup[], theme: Theme): EChartsOption {
  const drawn = groups.map(({ name, curves }, i) => ({
    name,
    colour: theme.series[i % theme.series.length],
    curves: curves.map((epochs) => pointsOf(epochs, ({ learningRate }) => learningRate, true)),
  }));
  return {
    ...base(
      theme,
      groups.map(({ name }) => name),
    ),
    xAxis: epochAxis(theme, groups),
    yAxis: logAxis(theme, 'learning rate (end of the epoch)', valuesOf(drawn.flatMap(({ curves }) => curves))),
    series: drawn.flatMap(({ name, colour, curves }) =>
      curves.map((points): SeriesOption => {
        return { ...line(name, colour, points), step: 'end', lineStyle: { color: colour, width: 1.5, opacity: 0.8 } };
      }),
    ),
  };
}

/** An axis from the first to the last epoch, with room around a single one. */
function epochAxis(theme: Theme, groups: readonly CurveGroup[]) {
  const last = Math.max(0, ...groups.flatMap(({ curves }) => curves.map((epochs) => (epochs.at(-1)?.epoch ?? 0) + 1)));
  return { ...numberAxis(theme, 'epoch'), minInterval: 1, min: 1, max: Math.max(2, last) };
}

/** Points of a curve; charts count epochs from 1. A logarithmic axis cannot show 0, so such points are left out. */
const pointsOf = (epochs: readonly EpochMetrics[], valueOf: (metrics: EpochMetrics) => number, log: boolean): Point[] =>
  epochs
    .map((metrics): Point => [metrics.epoch + 1, valueOf(metrics)])
    .filter(([, value]) => Number.isFinite(value) && !(log && value <= 0));

/** Exponential moving average with the bias correction of Kingma & Ba 2015, algorithm 1. */
function smoothed(points: readonly Point[], weight: number): readonly Point[] {
  if (weight === 0) return points;
  let average = 0;
  return points.map(([epoch, value], i) => {
    average = weight * average + (1 - weight) * value;
    return [epoch, average / (1 - weight ** (i + 1))];
  });
}

interface Curves {
  readonly name: string;
  readonly colour: string;
  readonly type: LineType;
  readonly curves: readonly (readonly Point[])[];
  readonly show: LearningCurves['show'];
  readonly log: boolean;
}

function curveSeries({ name, colour, type, curves, show, log }: Curves): SeriesOption[] {
  const byEpoch = new Map<number, number[]>();
  for (const [epoch, value] of curves.flat()) byEpoch.set(epoch, [...(byEpoch.get(epoch) ?? []), value]);
  // The mean ends where the first curve ends; without that curve it would jump.
  const complete = [...byEpoch].filter(([, values]) => values.length === curves.length).toSorted(([a], [b]) => a - b);
  const summary = complete.map(([epoch, values]) => Object.assign(meanAndDeviation(values), { epoch, values }));
  const mean = summary.map((at): Point => [at.epoch, at.mean]);
  const series: SeriesOption[] = [];
  if (show === 'each' && curves.length > 1) {
    for (const points of curves) {
      series.push({ ...line(name, colour, points), lineStyle: { color: colour, type, width: 1, opacity: 0.3 } });
    }
  }
  if (show === 'band' && curves.length > 1) {
    const points = summary.map(({ epoch, values, mean: middle, sd }) => ({
      x: epoch,
      low: log ? Math.max(middle - sd, smallest(values)) : middle - sd,
      high: middle + sd,
    }));
    series.push(band({ name, colour, points }));
  }
  series.push({ ...line(name, colour, mean), z: 3, lineStyle: { color: colour, type, width: 2 } });
  return series;
}

const line = (name: string, colour: string, points: readonly Point[]) => ({
  type: 'line' as const,
  name,
  symbol: points.length === 1 ? 'circle' : 'none',
  itemStyle: { color: colour },
  data: points.map((point) => [...point]),
});
