/** A study over two of its parameters: the expected value as colours, the trials as points. */
import type { EChartsOption } from 'echarts';
import type { Contour, ContourAxis, ParameterValue } from '../search/index.ts';
import { base, colourAt, cornerTitle, plot, worthShowing } from './base.ts';
import { cells, edgesBetween } from './cells.ts';
import { axisValue, parameterAxis } from './parameter-axis.ts';
import { MOST_POINTS } from './slice.ts';
import type { Theme } from './theme.ts';
import { thinned } from './thin.ts';
import { markTooltip, type Objective, trialText, valueTick, valueTitle } from './values.ts';
import { largest, smallest } from '../numerics/statistics.ts';

/** Cells farther from every trial stay blank, since the surface is a guess there. In shares of the axes. */
const FARTHEST = 0.15;

/**
 * Points are coloured by their own values. The plot is blank far from all trials.
 * @param objective with a direction, values that are far worse than the others share the last colour
 */
export function contourChart(
  { x, y, points, surface }: Contour,
  theme: Theme,
  { direction, measured }: Objective = {},
): EChartsOption {
  const all = [...surface.flat(), ...points.map(({ value }) => value)];
  const [low, high] = direction
    ? worthShowing(
        points.map(({ value }) => value),
        direction,
      )
    : [smallest(all), largest(all)];
  const shareOf = (value: number): number => (value - low) / (high - low || 1);
  const isNear = nearness({ x, y, points });
  return {
    ...base(theme),
    grid: plot({ left: 12, right: 86, top: 34, bottom: 10 }),
    title: cornerTitle(theme, valueTitle(measured)),
    tooltip: markTooltip(theme, ([, , value, number]) => trialText(number, value, measured)),
    // Grid lines would look like a part of the surface.
    xAxis: { ...parameterAxis(theme, x.parameter, x.distribution), splitLine: { show: false } },
    yAxis: { ...parameterAxis(theme, y.parameter, y.distribution), splitLine: { show: false } },
    visualMap: colourBar(
      theme,
      [low, high],
      [high, low].map((end) => valueTick(end, measured)),
    ),
    series: [
      cells({
        x: edgesOf(x),
        y: edgesOf(y),
        shares: surface.map((row, j) => row.map((value, i) => (isNear(i, j) ? shareOf(value) : null))),
        scale: theme.scale,
      }),
      {
        type: 'scatter',
        symbolSize: 8,
        data: thinned(points, MOST_POINTS).map((point) => ({
          value: [axisValue(x.distribution, point.x), axisValue(y.distribution, point.y), point.value, point.number],
          itemStyle: {
            color: colourAt(theme.scale, shareOf(point.value)),
            borderColor: theme.background,
            borderWidth: 1.5,
          },
        })),
      },
    ],
  };
}

/** Tells whether a trial is near the cell of these ticks. A categorical value is near no other one. */
function nearness({ x, y, points }: Pick<Contour, 'x' | 'y' | 'points'>): (column: number, row: number) => boolean {
  const placesOf = (axis: ContourAxis): number[] => axis.ticks.map((tick) => shareOfAxis(axis, tick));
  const [columns, rows] = [placesOf(x), placesOf(y)];
  const trials = points.map((point) => [shareOfAxis(x, point.x), shareOfAxis(y, point.y)] as const);
  const [columnOf, rowOf] = [columns, rows].map((places) => nearestOf(places));
  const used = new Set(trials.map(([atX, atY]) => `${columnOf(atX)} ${rowOf(atY)}`));
  return (column, row) =>
    used.has(`${column} ${row}`) ||
    trials.some(([atX, atY]) => Math.hypot(atX - columns[column], atY - rows[row]) <= FARTHEST);
}

/** Index of the tick whose cell holds a place. */
const nearestOf =
  (places: readonly number[]) =>
  (at: number): number =>
    places.reduce((best, place, i) => (Math.abs(place - at) < Math.abs(places[best] - at) ? i : best), 0);

/** Place along the axis, in [0, 1]; for a categorical parameter the index of the choice. */
function shareOfAxis({ distribution }: ContourAxis, value: ParameterValue): number {
  const at = axisValue(distribution, value);
  if (distribution.kind === 'categorical') return at;
  const { low, high, log } = distribution;
  return log ? Math.log(at / low) / (Math.log(high / low) || 1) : (at - low) / (high - low || 1);
}

/** The colour bar at the right of the plot. @param text of its upper and its lower end */
const colourBar = (theme: Theme, [min, max]: readonly [number, number], text: string[]) => ({
  type: 'continuous' as const,
  min,
  max,
  // The bar colours no series: cells and points have their colours already.
  seriesIndex: [],
  inRange: { color: [...theme.scale] },
  right: 8,
  top: 'middle',
  itemWidth: 12,
  itemHeight: 180,
  text,
  textStyle: { color: theme.mutedText },
  calculable: false,
});

/** Between the ticks, and at the ends of the range. */
function edgesOf({ distribution, ticks }: ContourAxis): number[] {
  const positions = ticks.map((tick) => axisValue(distribution, tick));
  if (distribution.kind === 'categorical') return edgesBetween(positions);
  const { low, high, log } = distribution;
  const inner = log
    ? edgesBetween(positions.map(Math.log)).slice(1, -1).map(Math.exp)
    : edgesBetween(positions).slice(1, -1);
  return [low, ...inner, high];
}
