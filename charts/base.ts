/** What all charts have in common. */
import type { EChartsOption } from 'echarts';
import type { Theme } from './theme.ts';

/** Colours and fonts; no animation, so that a chart is the same whenever it is looked at. */
export const base = (theme: Theme): EChartsOption => ({
  backgroundColor: theme.background,
  color: [...theme.series],
  textStyle: { fontFamily: theme.font, color: theme.text, fontSize: 12 },
  animation: false,
});
