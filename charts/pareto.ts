/** Trials of several objectives over two of them: the Pareto front, all other trials, and those that miss a constraint. */
import type { EChartsOption, SeriesOption } from 'echarts';
import { bestTrialsOf, isFeasible, valuesOf, type Direction, type FrozenTrial } from '../search/index.ts';
import { base, hollow, numberAxis, worthShowing } from './base.ts';
import { MOST_MARKS } from './history.ts';
import type { Theme } from './theme.ts';
import { thinned } from './thin.ts';

export interface ObjectiveTrials {
  /** One for each objective, two or more. */
  readonly directions: readonly Direction[];
  /** In the order of the directions. */
  readonly names: readonly string[];
  /** In any state. */
  readonly trials: readonly FrozenTrial[];
}

/**
 * Each point is [value of x, value of y, number of the trial]. Values that are far worse than the others stand at the edge.
 * With two objectives a line joins the front; with more of them the front is that of all, and no line.
 * @param x place of an objective, from 0
 * @param y place of another one
 */
export function paretoChart(
  { directions, names, trials }: ObjectiveTrials,
  x: number,
  y: number,
  theme: Theme,
): EChartsOption {
  const complete = trials.filter(({ state }) => state === 'COMPLETE');
  const front = bestTrialsOf(complete, { direction: directions[0], directions });
  const isBest = new Set(front.map(({ number }) => number));
  const [atX, atY] = [x, y].map((k) => {
    const [low, high] = worthShowing(
      complete.map((trial) => valuesOf(trial)![k]),
      directions[k],
    );
    return (trial: FrozenTrial): number => Math.min(Math.max(valuesOf(trial)![k], low), high);
  });
  const points = (shown: readonly FrozenTrial[]): number[][] =>
    thinned(shown, MOST_MARKS).map((trial) => [atX(trial), atY(trial), trial.number]);
  const others = complete.filter((trial) => !isBest.has(trial.number));
  const scatter = (name: string, shown: readonly FrozenTrial[], look: object): SeriesOption[] =>
    shown.length === 0 ? [] : [{ type: 'scatter', name, symbolSize: 7, data: points(shown), ...look }];
  const missed = others.filter((trial) => !isFeasible(trial));
  const series: SeriesOption[] = [
    ...scatter('dominated', others.filter(isFeasible), { itemStyle: { color: theme.states.COMPLETE, opacity: 0.7 } }),
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
            data: points(front).toSorted(([a], [b]) => a - b),
          },
        ]),
  ];
  const way = (k: number): string => `${names[k]} (${directions[k]})`;
  return {
    ...base(
      theme,
      series.map(({ name }) => String(name)),
    ),
    xAxis: numberAxis(theme, way(x)),
    yAxis: numberAxis(theme, way(y)),
    series,
  };
}
