/** A Gaussian process of values whose sign matters. */
import type { Categories, Point } from './covariance.ts';
import { fitHyperparameters } from './fit.ts';
import { posterior, type Posterior } from './posterior.ts';
import { standardize } from './values.ts';

export interface ThresholdModel {
  readonly model: Posterior;
  /** What a value of 0 is for the model, whose values are standardised. */
  readonly threshold: number;
}

/** @param points f64[d] each @param values at the points */
export function learnThreshold(
  points: readonly Point[],
  values: readonly number[],
  categories: Categories,
): ThresholdModel {
  const withZero = standardize([...values, 0]);
  const standardized = withZero.slice(0, -1);
  const hyperparameters = fitHyperparameters(points, standardized, categories, 'gamma');
  return { model: posterior(points, standardized, categories, hyperparameters), threshold: withZero[values.length] };
}
