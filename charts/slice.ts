/** Slice plots: the value over each parameter. */
import type { EChartsOption, SeriesOption } from 'echarts';
import { largest, smallest } from '../numerics/statistics.ts';
import type { Slice, SurrogateSlice } from '../search/index.ts';
import { base, plot, worthShowing } from './base.ts';
import { band, errorBars } from './error-bars.ts';
import { axisValue, parameterAxis } from './parameter-axis.ts';
import type { Theme } from './theme.ts';
import { thinned } from './thin.ts';
import { markTooltip, type Objective, trialText, valueAxis, valueTitle } from './values.ts';

/** Most points of one plot. If there are more, only some are drawn. */
export const MOST_POINTS = 500;
/** Plots beside each other. */
const MOST_COLUMNS = 2;

/**
 * One plot for each parameter. Later trials have colours of more contrast.
 * @param slices one or more
 * @param objective with a direction, values that are far worse than the others are hollow triangles at the edge
 * @param surrogate what a model of the trials predicts, for all or some of the parameters. Default: nothing
 */
export function sliceChart(
  slices: readonly Slice[],
  theme: Theme,
  { direction, measured }: Objective = {},
  surrogate: readonly SurrogateSlice[] = [],
): EChartsOption {
  const columns = Math.min(slices.length, MOST_COLUMNS);
  const rows = Math.ceil(slices.length / columns);
  const last = slices.reduce((most, { points }) => points.reduce((one, { number }) => Math.max(one, number), most), 1);
  const values = slices.flatMap(({ points }) => points.map(({ value }) => value));
  const worth = direction && worthShowing(values, direction);
  const yRange = roomAround(worth ?? [smallest(values), largest(values)]);
  const valueAt = new Map(slices.flatMap(({ points }) => points.map(({ number, value }) => [number, value])));
  const [low, high] = worth ?? [-Infinity, Infinity];
  return {
    ...base(theme),
    tooltip: markTooltip(theme, ([, , number]) => trialText(number, valueAt.get(number) ?? NaN, measured)),
    grid: slices.map((_slice, i) => {
      const [column, row] = [i % columns, Math.floor(i / columns)];
      return plot({
        left: `${(100 * column) / columns + 1.5}%`,
        right: `${100 - (100 * (column + 1)) / columns + 2}%`,
        top: `${(92 * row) / rows + 10}%`,
        bottom: `${92 - (92 * (row + 1)) / rows + 1}%`,
      });
    }),
    xAxis: slices.map(({ parameter, distribution }, i) => ({
      ...parameterAxis(theme, parameter, distribution),
      // ECharts moves names of axes away from labels only in charts with one plot.
      nameGap: 24,
      gridIndex: i,
    })),
    yAxis: slices.map((_slice, i) => ({
      ...valueAxis(theme, measured, i % columns === 0 ? valueTitle(measured) : ''),
      nameGap: 36,
      gridIndex: i,
    })),
    visualMap: {
      type: 'continuous',
      // The curves of the model have a colour of their own.
      seriesIndex: [...slices.keys()],
      min: 0,
      max: last,
      dimension: 2,
      inRange: { color: [...theme.scale] },
      orient: 'horizontal',
      right: 12,
      top: 0,
      itemWidth: 10,
      itemHeight: 120,
      text: [`trial ${last}`, '0'],
      textStyle: { color: theme.mutedText },
      calculable: false,
    },
    series: [
      ...slices.map(({ distribution, points }, i): SeriesOption => ({
        type: 'scatter',
        xAxisIndex: i,
        yAxisIndex: i,
        symbolSize: 7,
        data: thinned(points, MOST_POINTS).map(({ number, x, value }) => {
          const shown = Math.min(Math.max(value, low), high);
          return {
            value: [axisValue(distribution, x), shown, number],
            symbol: shown === value ? 'circle' : 'emptyTriangle',
            symbolRotate: shown > value ? 180 : 0,
          };
        }),
      })),
      ...slices.flatMap((one, i) =>
        curvesOf(one, surrogate, yRange, theme).map((series): SeriesOption =>
          Object.assign(series, { xAxisIndex: i, yAxisIndex: i }),
        ),
      ),
    ],
  };
}

/** How far a band may reach beyond the trials, as a part of their range. */
const ROOM = 0.25;

const roomAround = ([low, high]: readonly [number, number]): [number, number] => [
  low - ROOM * (high - low),
  high + ROOM * (high - low),
];

/** The mean as a line and the band around it; at each choice of a categorical parameter a mark with a bar. */
function curvesOf(
  { parameter, distribution }: Slice,
  surrogate: readonly SurrogateSlice[],
  [lowest, highest]: readonly [number, number],
  theme: Theme,
): SeriesOption[] {
  const points = surrogate.find((one) => one.parameter === parameter)?.points ?? [];
  if (points.length === 0) return [];
  const colour = theme.accent;
  const within = (value: number): number => Math.min(Math.max(value, lowest), highest);
  const shown = points.map(({ x, mean, low, high }) => ({
    x: axisValue(distribution, x),
    mean: within(mean),
    low: within(low),
    high: within(high),
  }));
  const data = shown.map(({ x, mean }) => [x, mean]);
  const name = 'model';
  if (distribution.kind === 'categorical') {
    const middles = shown.map(({ x, low, high }) => ({ x, y: (low + high) / 2, error: (high - low) / 2 }));
    return [
      errorBars({ name, colour, bars: middles, direction: 'vertical' }),
      { type: 'scatter', name, symbol: 'diamond', symbolSize: 9, silent: true, itemStyle: { color: colour }, data },
    ];
  }
  return [
    band({ name, colour, points: shown }),
    { type: 'line', name, symbol: 'none', silent: true, z: 1, lineStyle: { color: colour, width: 1.5 }, data },
  ];
}
