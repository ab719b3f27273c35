/**
 * What is learnt from the values of trials: a scale for them, and the hyper-parameters of the process that has them in
 * that scale. As long as there seems to be noise the values are compressed; a fit of the compressed ones without noise
 * shows that there are trials enough to learn the function as it is, without the bend that the compression gives it at
 * the median. Its likelihood cannot tell: it is for the compressed values where those as they are lead to better trials.
 */
import { mean } from '../../../numerics/statistics.ts';
import { fitHyperparameters, type SignalPrior, weightOfTrend } from './fit.ts';
import type { Categories, Hyperparameters, Point } from './covariance.ts';
import { scaled, type Trend } from './trend.ts';
import { standardize, unstandardize, unwarp, warp } from './values.ts';

interface Learnt {
  /** Mean 0, variance 1; f64[n] */
  readonly values: Float64Array;
  readonly hyperparameters: Hyperparameters;
  /** The mean of the process, if it has another one than 0. */
  readonly trend?: Trend;
  /** From the scale of `values` to that of what was observed; it grows with its argument. */
  readonly toObserved: (value: number) => number;
}

/** Least variance of the noise, as a part of the function's variance: rounding needs as much. */
export const leastNoise = 1e-6;

/** The deviation of a trend over the points counts as this at least: what hardly varies there may vary elsewhere. */
const leastDeviation = 0.1;

/**
 * @param points f64[d] each
 * @param observed their values, n
 * @param trend a function that may be like that of the values, in any scale
 */
export function learn(
  points: readonly Point[],
  observed: readonly number[],
  categories: Categories,
  trend?: Trend,
): Learnt {
  const known = trend && standardizedTrend(trend, points);
  const fit = (values: Float64Array, prior: SignalPrior): Pick<Learnt, 'values' | 'hyperparameters' | 'trend'> => {
    if (known === undefined) return { values, hyperparameters: fitHyperparameters(points, values, categories, prior) };
    const at = Float64Array.from(points, known.at);
    const hyperparameters = fitHyperparameters(points, values, categories, prior, at);
    const weight = weightOfTrend(points, values, categories, hyperparameters, at);
    return { values, hyperparameters, trend: scaled(known, weight, 0) };
  };
  const warped = warp(observed);
  const rough = fit(standardize(warped), 'gamma');
  if (rough.hyperparameters.noise > leastNoise * rough.hyperparameters.signal) {
    const [straight, unwarped] = [unstandardize(warped), unwarp(observed)];
    return { ...rough, toObserved: (value) => unwarped(straight(value)) };
  }
  return { ...fit(standardize(observed), 'flat'), toObserved: unstandardize(observed) };
}

/** In the scale of the values, which are standardised too. */
function standardizedTrend(trend: Trend, points: readonly Point[]): Trend {
  if (points.length === 0) return trend;
  const at = points.map(trend.at);
  const middle = mean(at);
  const deviation = Math.sqrt(mean(at.map((value) => (value - middle) ** 2)));
  return scaled(trend, 1 / Math.max(deviation, leastDeviation), middle);
}
