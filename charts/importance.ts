/** How much of a study's outcome each parameter explains. */
import { percent } from '../base/format.ts';
import type { EChartsOption } from 'echarts';
import type { Importances } from '../search/index.ts';
import { base, nameAxis, numberAxis, plot } from './base.ts';
import type { Theme } from './theme.ts';

/** Pairs of parameters below this share are noise of the forest more often than not. */
const LEAST_PAIR_SHARE = 0.02;

/** Bars, the longest on top. */
export function importanceChart({ shares }: Importances, theme: Theme): EChartsOption {
  const shown = shares.filter(({ parameters, share }) => parameters.length === 1 || share >= LEAST_PAIR_SHARE);
  const names = shown.map(({ parameters }) => parameters.join(' × '));
  return {
    ...base(theme),
    grid: plot({ left: 12, right: 48, top: 10, bottom: 10 }),
    xAxis: { ...numberAxis(theme, 'importance (%)'), scale: false, min: 0 },
    yAxis: { ...nameAxis(theme, '', names), inverse: true },
    series: [
      {
        type: 'bar',
        barMaxWidth: 22,
        itemStyle: { color: theme.series[0] },
        label: {
          show: true,
          position: 'right',
          color: theme.text,
          formatter: ({ value }) => percent(Number(value) / 100, 0),
        },
        data: shown.map(({ share }) => 100 * share),
      },
    ],
  };
}
