/**
 * What is learnt from the values of trials: a scale for them, and the hyper-parameters of the process that has them in
 * that scale. As long as there seems to be noise the values are compressed; a fit of the compressed ones without noise
 * shows that there are trials enough to learn the function as it is, without the bend that the compression gives it at
 * the median. Its likelihood cannot tell: it is for the compressed values where those as they are lead to better trials.
 */
import { fitHyperparameters } from './fit.ts';
import type { Categories, Hyperparameters, Point } from './covariance.ts';
import { standardize, warp } from './values.ts';

export interface Learnt {
  /** Mean 0, variance 1; f64[n] */
  readonly values: Float64Array;
  readonly hyperparameters: Hyperparameters;
}

/**
 * @param points f64[d] each
 * @param observed their values, n
 * @param leastNoise least variance of the noise, as a part of the function's
 */
export function learn(
  points: readonly Point[],
  observed: readonly number[],
  categories: Categories,
  leastNoise: number,
): Learnt {
  const compressed = standardize(warp(observed));
  const rough = fitHyperparameters(points, compressed, categories, 'gamma');
  if (rough.noise > leastNoise * rough.signal) return { values: compressed, hyperparameters: rough };
  const values = standardize(observed);
  return { values, hyperparameters: fitHyperparameters(points, values, categories, 'flat') };
}
