/**
 * Trials of several objectives over two of them: the Pareto front, all other trials, and those that miss a constraint.
 */
import type { EChartsOption, SeriesOption } from 'echarts';
import { type Measured, valueText } from '../base/format.ts';
import type { Direction } from '../search/index.ts';
import { base, hollow, worthShowing } from './base.ts';
import { MOST_MARKS } from './history.ts';
import type { Theme } from './theme.ts';
import { thinned } from './thin.ts';
import { markTooltip, valueAxis } from './values.ts';

export interface ParetoPoint {
  /** Number of the trial. */
  readonly number: number;
  /** One value for each objective. */
  readonly values: readonly number[];
  readonly kind: 'front' | 'dominated' | 'infeasible';
}

export interface ParetoPoints {
  /** One for each objective, two or more. */
  readonly directions: readonly Direction[];
  /** One name for each objective. */
  readonly names: readonly string[];
  /** What the values of the first objective are. Those of the others are unknown. Default: unknown */
  readonly measured?: Measured;
  /** Complete trials. */
  readonly points: readonly ParetoPoint[];
}

/**
 * Each point is [value of x, value of y, number of the trial]. Values that are far worse than the others are drawn at
 * the edge. With two objectives a line joins the front. With more of them the front is that of all objectives, and has
 * no line.
 * @param x index of the objective on the horizontal axis
 * @param y index of the objective on the vertical axis
 */
export function paretoChart(
  { directions, names, measured, points }: ParetoPoints,
  x: number,
  y: number,
  theme: Theme,
): EChartsOption {
  const [front, dominated, missed] = (['front', 'dominated', 'infeasible'] as const).map((kind) =>
    points.filter((point) => point.kind === kind),
  );
  const [atX, atY] = [x, y].map((k) => {
    const [low, high] = worthShowing(
      points.map(({ values }) => values[k]),
      directions[k],
    );
    return ({ values }: ParetoPoint): number => Math.min(Math.max(values[k], low), high);
  });
  const placed = (shown: readonly ParetoPoint[]): number[][] =>
    thinned(shown, MOST_MARKS).map((point) => [atX(point), atY(point), point.number]);
  const scatter = (name: string, shown: readonly ParetoPoint[], look: object): SeriesOption[] =>
    shown.length === 0 ? [] : [{ type: 'scatter', name, symbolSize: 7, data: placed(shown), ...look }];
  const series: SeriesOption[] = [
    ...scatter('dominated', dominated, { itemStyle: { color: theme.states.COMPLETE, opacity: 0.7 } }),
    ...scatter('misses a constraint', missed, { symbol: 'diamond', itemStyle: hollow(theme.states.PRUNED, theme) }),
    ...(front.length === 0
      ? []
      : [
          {
            type: 'line' as const,
            name: 'Pareto front',
            symbol: 'circle',
            symbolSize: 10,
            lineStyle: { width: directions.length > 2 ? 0 : 1.5, color: theme.accent },
            itemStyle: { color: theme.accent },
            data: placed(front).toSorted(([a], [b]) => a - b),
          },
        ]),
  ];
  const measuredOf = (k: number): Measured => (k === 0 && measured ? measured : 'unknown');
  const way = (k: number): string => `${names[k]} (${measuredOf(k) === 'accuracy' ? '%, ' : ''}${directions[k]})`;
  const valuesOf = new Map(points.map(({ number, values }) => [number, values]));
  const toldOf = (number: number, k: number): string =>
    `${names[k]} ${valueText(valuesOf.get(number)?.[k] ?? null, measuredOf(k))}`;
  return {
    ...base(
      theme,
      series.map(({ name }) => String(name)),
    ),
    tooltip: markTooltip(theme, ([, , number]) => `trial ${number}: ${toldOf(number, x)}, ${toldOf(number, y)}`),
    xAxis: valueAxis(theme, measuredOf(x), way(x)),
    yAxis: valueAxis(theme, measuredOf(y), way(y)),
    series,
  };
}
