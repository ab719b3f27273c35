/**
 * What is learnt from the values of trials: a scale for them, and the hyper-parameters of the process that has them in
 * that scale. As long as there seems to be noise the values are compressed; a fit of the compressed ones without noise
 * shows that there are trials enough to learn the function as it is, without the bend that the compression gives it at
 * the median. Its likelihood cannot tell: it is for the compressed values where those as they are lead to better trials.
 */
import { fitHyperparameters } from './fit.ts';
import type { Categories, Hyperparameters, Point } from './covariance.ts';
import { standardize, unstandardize, unwarp, warp } from './values.ts';

export interface Learnt {
  /** Mean 0, variance 1; f64[n] */
  readonly values: Float64Array;
  readonly hyperparameters: Hyperparameters;
  /** From the scale of `values` to that of what was observed; it grows with its argument. */
  readonly toObserved: (value: number) => number;
}

/** Least variance of the noise, as a part of the function's variance: rounding needs as much. */
export const leastNoise = 1e-6;

/**
 * @param points f64[d] each
 * @param observed their values, n
 */
export function learn(points: readonly Point[], observed: readonly number[], categories: Categories): Learnt {
  const warped = warp(observed);
  const compressed = standardize(warped);
  const rough = fitHyperparameters(points, compressed, categories, 'gamma');
  if (rough.noise > leastNoise * rough.signal) {
    const [straight, unwarped] = [unstandardize(warped), unwarp(observed)];
    return { values: compressed, hyperparameters: rough, toObserved: (value) => unwarped(straight(value)) };
  }
  const values = standardize(observed);
  const hyperparameters = fitHyperparameters(points, values, categories, 'flat');
  return { values, hyperparameters, toObserved: unstandardize(observed) };
}
