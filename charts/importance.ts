/** How much of a study's outcome each parameter explains. */
import { percent } from '../base/format.ts';
import type { CustomSeriesOption, EChartsOption } from 'echarts';
import type { Importances } from '../search/index.ts';
import { base, nameAxis, numberAxis, plot } from './base.ts';
import type { Theme } from './theme.ts';

/** Smaller shares of pairs of parameters are mostly noise of the forest, and not drawn. */
const LEAST_PAIR_SHARE = 0.02;
/** Half the height of the stroke at either end of a range, in pixels. */
const CAP = 4;

export interface ShownImportances extends Importances {
  /** `low` and `high` are the ends of the share's range over samples of the trials, if it is known. */
  readonly shares: readonly (Importances['shares'][number] & { readonly low?: number; readonly high?: number })[];
}

/** Bars, the longest on top, each with the range of its share over samples of the trials. */
export function importanceChart({ shares }: ShownImportances, theme: Theme): EChartsOption {
  const shown = shares
    .filter(({ parameters, share }) => parameters.length === 1 || share >= LEAST_PAIR_SHARE)
    .map(({ parameters, share, low = share, high = share }) => ({
      name: parameters.join(' × '),
      share: 100 * share,
      low: 100 * low,
      high: 100 * high,
    }));
  return {
    ...base(theme),
    grid: plot({ left: 12, right: 48, top: 10, bottom: 10 }),
    xAxis: { ...numberAxis(theme, 'importance (%)'), scale: false, min: 0 },
    yAxis: {
      ...nameAxis(
        theme,
        '',
        shown.map(({ name }) => name),
      ),
      inverse: true,
    },
    series: [
      {
        type: 'bar',
        barMaxWidth: 22,
        itemStyle: { color: theme.series[0] },
        data: shown.map(({ share }) => share),
      },
      ranges(shown, theme),
      {
        // Invisible points at the upper ends of the ranges carry the labels.
        type: 'scatter',
        silent: true,
        symbolSize: 0.1,
        label: {
          show: true,
          position: 'right',
          color: theme.text,
          formatter: ({ dataIndex }) => percent(shown[dataIndex].share / 100, 0),
        },
        data: shown.map(({ high }, i) => [high, i]),
      },
    ],
  };
}

function ranges(shown: readonly { readonly low: number; readonly high: number }[], theme: Theme): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    z: 3,
    encode: { x: [0, 1], y: 2 },
    data: shown.map(({ low, high }, i) => [low, high, i]),
    renderItem: (_params, api) => {
      const [low, high, row] = [0, 1, 2].map((dimension) => Number(api.value(dimension)));
      if (low === high) return null;
      const [[left, y], [right]] = [api.coord([low, row]), api.coord([high, row])];
      const line = (x1: number, y1: number, x2: number, y2: number) => ({
        type: 'line' as const,
        shape: { x1, y1, x2, y2 },
        style: { stroke: theme.text, lineWidth: 1.5 },
      });
      return {
        type: 'group',
        children: [line(left, y, right, y), line(left, y - CAP, left, y + CAP), line(right, y - CAP, right, y + CAP)],
      };
    },
  };
}
