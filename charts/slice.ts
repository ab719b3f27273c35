/** What each parameter does to the value: one small plot for each. */
import type { EChartsOption } from 'echarts';
import type { Slice } from '../search/analysis/slice.ts';
import { base } from './base.ts';
import type { Theme } from './theme.ts';

/** @param slices one or more, with axes as their distributions are: logarithmic, linear or choices */
export const sliceChart = (_slices: readonly Slice[], theme: Theme): EChartsOption => base(theme);
