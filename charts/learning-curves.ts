/** How trainings went, epoch by epoch: runs with their folds, or arms of an experiment with their seeds. */
import type { EChartsOption } from 'echarts';
import type { EpochMetrics } from '../pipeline/train.ts';
import { base } from './base.ts';
import type { Theme } from './theme.ts';

/** Trainings that differ by chance alone. */
export interface CurveGroup {
  readonly name: string;
  /** One list of epochs for each fold or seed. */
  readonly curves: readonly (readonly EpochMetrics[])[];
}

export interface LearningCurves {
  readonly groups: readonly CurveGroup[];
  /** `loss` shows that of the training dashed and that of the validation images solid. */
  readonly metric: 'loss' | 'accuracy';
  /** Beside the mean: every curve as a thin line, the mean ± standard deviation as a band, or nothing. */
  readonly show: 'each' | 'band' | 'mean';
  /** Weight of the past in an exponential moving average, in [0, 1). Default: 0, as it was measured. */
  readonly smoothing?: number;
  /** Logarithmic axis; of an accuracy its error. Default: false. */
  readonly log?: boolean;
}

export const learningCurveChart = (_curves: LearningCurves, theme: Theme): EChartsOption => base(theme);

/** η of each epoch's last step, of every curve of every group. */
export const learningRateChart = (_groups: readonly CurveGroup[], theme: Theme): EChartsOption => base(theme);
