/** Custom series for what ECharts lacks: error bars, and a band around a line. */
import type { CustomSeriesOption } from 'echarts';

/** Half the length of the stroke at either end, in pixels. */
const CAP = 3;

export interface ErrorBars {
  /** Name of the series that they belong to, so that the legend hides both. */
  readonly name: string;
  readonly colour: string;
  /** Centre and half length; bars of length 0 are not drawn. */
  readonly bars: readonly { readonly x: number; readonly y: number; readonly error: number }[];
  readonly direction: 'horizontal' | 'vertical';
  /** Distance from the row or column of the value, in pixels. Default: 0 */
  readonly shift?: number;
}

/** Data of the series: x, y, low end, high end. */
export function errorBars({ name, colour, bars, direction, shift = 0 }: ErrorBars): CustomSeriesOption {
  const isVertical = direction === 'vertical';
  const shown = bars.filter(({ error }) => error > 0);
  return {
    type: 'custom',
    name,
    silent: true,
    clip: true,
    z: 2,
    itemStyle: { color: colour },
    encode: isVertical ? { x: 0, y: [2, 3] } : { x: [2, 3], y: 1 },
    data: shown.map(({ x, y, error }) => [x, y, (isVertical ? y : x) - error, (isVertical ? y : x) + error]),
    renderItem: (_params, api) => {
      const [x, y, low, high] = [0, 1, 2, 3].map((dimension) => Number(api.value(dimension)));
      const ends = [low, high].map((end) => api.coord(isVertical ? [x, end] : [end, y]));
      const shifted = ends.map(([left, top]) => (isVertical ? [left + shift, top] : [left, top + shift]));
      const line = (from: readonly number[], to: readonly number[]) => ({
        type: 'line' as const,
        shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] },
        style: { stroke: colour, lineWidth: 1.5 },
      });
      const cap = ([left, top]: readonly number[]) =>
        isVertical ? line([left - CAP, top], [left + CAP, top]) : line([left, top - CAP], [left, top + CAP]);
      return { type: 'group', children: [line(shifted[0], shifted[1]), ...shifted.map(cap)] };
    },
  };
}

export interface Band {
  readonly name: string;
  readonly colour: string;
  /** Sorted by x. */
  readonly points: readonly { readonly x: number; readonly low: number; readonly high: number }[];
}

/** The area between low and high. Data of the series: x, low, high. */
export function band({ name, colour, points }: Band): CustomSeriesOption {
  return {
    type: 'custom',
    name,
    silent: true,
    clip: true,
    z: 1,
    itemStyle: { color: colour },
    encode: { x: 0, y: [1, 2] },
    data: points.map(({ x, low, high }) => [x, low, high]),
    renderItem: ({ dataIndex }, api) => {
      if (dataIndex > 0) return;
      const corners = [
        ...points.map(({ x, high }) => api.coord([x, high])),
        ...points.toReversed().map(({ x, low }) => api.coord([x, low])),
      ];
      return { type: 'polygon', shape: { points: corners }, style: { fill: colour, opacity: 0.18 } };
    },
  };
}
