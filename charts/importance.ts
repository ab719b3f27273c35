/** How much of a study's outcome each parameter explains. */
import type { EChartsOption } from 'echarts';
import type { Importances } from '../search/analysis/importance/importance.ts';
import { base } from './base.ts';
import type { Theme } from './theme.ts';

/** Bars, the longest on top. */
export const importanceChart = (_importances: Importances, theme: Theme): EChartsOption => base(theme);
