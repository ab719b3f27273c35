/** Reliability diagram: how often a network is right at each confidence. */
import { integer, points } from '../base/format.ts';
import type { EChartsOption } from 'echarts';
import type { Calibration } from '../pipeline/index.ts';
import { base, cornerTitle, logAxis, numberAxis, plot } from './base.ts';
import { errorBars } from './error-bars.ts';
import type { Theme } from './theme.ts';

const names = { perfect: 'as sure as right', measured: 'measured, ± standard error' } as const;

/** Lower end of the logarithmic axis of counts. It is below 1, so that a bar of one image has a height. */
const LEAST_COUNT = 0.7;

/** Reliability diagram over a histogram of the images. Source: Guo et al. 2017, arXiv:1706.04599. */
export function calibrationChart({ bins, error }: Calibration, theme: Theme): EChartsOption {
  const filled = bins.flatMap(({ confidence, accuracy, count }) =>
    confidence === null || accuracy === null ? [] : [{ x: 100 * confidence, y: 100 * accuracy, count }],
  );
  const low = 100 * bins[0].from;
  const images = bins.reduce((sum, { count }) => sum + count, 0);
  const colour = theme.series[0];
  const hidden = { name: '', axisLabel: { show: false } };
  const confidence = {
    ...numberAxis(theme, 'confidence: probability of the predicted class (%)'),
    // A round number: of three classes no probability is below 33.3333 %.
    min: 10 * Math.floor(low / 10),
    max: 100,
    interval: 10,
  };
  return {
    ...base(theme, Object.values(names)),
    // The title stands below the legend, since narrow panels have no room beside it.
    title: {
      ...cornerTitle(theme, `expected calibration error ${points(error)} points, ${integer(images)} images`),
      top: 24,
    },
    grid: [
      { ...plot({ left: 76, right: 20, top: 52, bottom: '42%' }), outerBoundsMode: 'none' },
      { ...plot({ left: 76, right: 20, top: '64%', bottom: 46 }), outerBoundsMode: 'none' },
    ],
    xAxis: [
      { ...confidence, ...hidden },
      { ...confidence, gridIndex: 1, nameGap: 26 },
    ],
    yAxis: [
      // A bin may be right less often than by chance.
      { ...numberAxis(theme, 'accuracy (%)'), min: 0, max: 100, interval: 20, nameGap: 44 },
      { ...logAxis(theme, 'images', [LEAST_COUNT, ...filled.map(({ count }) => count)]), gridIndex: 1, nameGap: 44 },
    ],
    series: [
      {
        type: 'line',
        name: names.perfect,
        symbol: 'none',
        lineStyle: { color: theme.mutedText, type: 'dashed', width: 1 },
        itemStyle: { color: theme.mutedText },
        data: [
          [low, low],
          [100, 100],
        ],
      },
      {
        type: 'line',
        name: names.measured,
        symbol: 'circle',
        symbolSize: 7,
        lineStyle: { color: colour, width: 1.5 },
        itemStyle: { color: colour },
        data: filled.map(({ x, y }) => [x, y]),
      },
      errorBars({
        name: names.measured,
        colour,
        direction: 'vertical',
        bars: filled.map(({ x, y, count }) => ({ x, y, error: Math.sqrt((y * (100 - y)) / count) })),
      }),
      {
        type: 'custom',
        xAxisIndex: 1,
        yAxisIndex: 1,
        silent: true,
        encode: { x: [0, 1], y: 2 },
        data: bins.filter(({ count }) => count > 0).map(({ from, to, count }) => [100 * from, 100 * to, count]),
        renderItem: (_params, api) => {
          const [from, to, count] = [0, 1, 2].map((dimension) => Number(api.value(dimension)));
          const [[left, top], [right, bottom]] = [api.coord([from, count]), api.coord([to, LEAST_COUNT])];
          const shape = { x: left + 1, y: top, width: right - left - 2, height: bottom - top };
          return { type: 'rect', shape, style: { fill: theme.tint[1] } };
        },
      },
    ],
  };
}
