/** Slice plots: the value over each parameter. */
import type { EChartsOption } from 'echarts';
import type { Slice, Direction } from '../search/index.ts';
import { base, numberAxis, plot, worthShowing } from './base.ts';
import { axisValue, parameterAxis } from './parameter-axis.ts';
import type { Theme } from './theme.ts';
import { thinned } from './thin.ts';

/** Most points of one plot. If there are more, only some are drawn. */
export const MOST_POINTS = 500;
/** Plots beside each other. */
const MOST_COLUMNS = 2;

/**
 * One plot for each parameter. Later trials have colours of more contrast.
 * @param slices one or more
 * @param direction if given, values that are far worse than the others are hollow triangles at the edge
 */
export function sliceChart(slices: readonly Slice[], theme: Theme, direction?: Direction): EChartsOption {
  const columns = Math.min(slices.length, MOST_COLUMNS);
  const rows = Math.ceil(slices.length / columns);
  const last = slices.reduce((most, { points }) => points.reduce((one, { number }) => Math.max(one, number), most), 1);
  const values = slices.flatMap(({ points }) => points.map(({ value }) => value));
  const [low, high] = direction ? worthShowing(values, direction) : [-Infinity, Infinity];
  return {
    ...base(theme),
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
      ...numberAxis(theme, i % columns === 0 ? 'objective value' : ''),
      gridIndex: i,
    })),
    visualMap: {
      type: 'continuous',
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
    series: slices.map(({ distribution, points }, i) => ({
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
  };
}
