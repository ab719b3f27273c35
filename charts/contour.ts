/** A study over two of its parameters: the expected value as colours, the trials as points. */
import type { EChartsOption } from 'echarts';
import type { Contour, ContourAxis, Direction } from '../search/index.ts';
import { base, cornerTitle, plot, short, worthShowing } from './base.ts';
import { cells, edgesBetween } from './cells.ts';
import { axisValue, parameterAxis } from './parameter-axis.ts';
import { MOST_POINTS } from './slice.ts';
import type { Theme } from './theme.ts';
import { thinned } from './thin.ts';
import { largest, smallest } from '../numerics/statistics.ts';

/** @param direction if given, expected values that are far worse than what was found share the last colour */
export function contourChart({ x, y, points, surface }: Contour, theme: Theme, direction?: Direction): EChartsOption {
  const all = surface.flat();
  const [low, high] = direction
    ? worthShowing(
        points.map(({ value }) => value),
        direction,
      )
    : [smallest(all), largest(all)];
  return {
    ...base(theme),
    grid: plot({ left: 12, right: 86, top: 34, bottom: 10 }),
    title: cornerTitle(theme, 'objective value'),
    // Lines of a grid would be taken for a part of the surface.
    xAxis: { ...parameterAxis(theme, x.parameter, x.distribution), splitLine: { show: false } },
    yAxis: { ...parameterAxis(theme, y.parameter, y.distribution), splitLine: { show: false } },
    visualMap: colourBar(theme, [low, high]),
    series: [
      cells({
        x: edgesOf(x),
        y: edgesOf(y),
        shares: surface.map((row) => row.map((value) => (value - low) / (high - low || 1))),
        scale: theme.scale,
      }),
      {
        type: 'scatter',
        symbolSize: 6,
        itemStyle: { color: theme.background, borderColor: theme.text, borderWidth: 1 },
        data: thinned(points, MOST_POINTS).map((point) => [
          axisValue(x.distribution, point.x),
          axisValue(y.distribution, point.y),
        ]),
      },
    ],
  };
}

/** What the colours of a surface mean, at the right of the plot. */
const colourBar = (theme: Theme, [min, max]: readonly [number, number]) => ({
  type: 'continuous' as const,
  min,
  max,
  // The cells know their colours; the bar explains them.
  seriesIndex: [],
  inRange: { color: [...theme.scale] },
  right: 8,
  top: 'middle',
  itemWidth: 12,
  itemHeight: 180,
  text: [short(max), short(min)],
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
