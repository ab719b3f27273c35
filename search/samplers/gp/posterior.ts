/**
 * What a Gaussian process says of a point after n observations: mean k*ᵀ K⁻¹ y and variance s² − k*ᵀ K⁻¹ k*.
 * Source: Rasmussen and Williams 2006, algorithm 2.1.
 */
import { dot, factorize, solveLower, solveUpper } from '../../../numerics/cholesky.ts';
import { covarianceMatrix, matern, maternSlope, squaredDistance } from './covariance.ts';
import type { Categories, Hyperparameters, Point } from './covariance.ts';
import type { Trend } from './trend.ts';

export interface Prediction {
  readonly mean: number;
  /** Standard deviation of the function itself, without noise. */
  readonly deviation: number;
}

export interface Posterior {
  readonly predict: (point: Point) => Prediction;
  /** Also writes the gradients of mean and deviation by the coordinates; 0 for categories. */
  readonly differentiate: (point: Point, meanGradient: Float64Array, deviationGradient: Float64Array) => Prediction;
}

/** Standard deviations below this part of the prior one are rounding errors. */
const smallestDeviation = 1e-8;

/**
 * @param trend the mean of the process before the observations. Default: 0.
 * @throws Error if the covariance matrix is not positive definite, as with equal points and no noise
 */
export function posterior(
  points: readonly Point[],
  values: Float64Array,
  categories: Categories,
  hyperparameters: Hyperparameters,
  trend?: Trend,
): Posterior {
  const { lengthScales, signal } = hyperparameters;
  const n = points.length;
  const d = categories.length;
  const inverseSquares = lengthScales.map((scale) => 1 / (scale * scale));
  const factor = covarianceMatrix(points, categories, hyperparameters);
  if (!factorize(factor, n)) throw new Error('Expected a positive definite covariance matrix.');
  const weights = trend ? values.map((value, i) => value - trend.at(points[i])) : values.slice();
  solveLower(factor, n, weights);
  solveUpper(factor, n, weights);
  const least = smallestDeviation * Math.sqrt(signal);
  const distances = new Float64Array(n);
  const covariances = new Float64Array(n);

  function predict(point: Point): Prediction {
    for (let i = 0; i < n; i++) {
      distances[i] = squaredDistance(point, points[i], inverseSquares, categories);
      covariances[i] = signal * matern(distances[i]);
    }
    const mean = dot(covariances, 0, weights, 0, n) + (trend?.at(point) ?? 0);
    solveLower(factor, n, covariances);
    const variance = signal - dot(covariances, 0, covariances, 0, n);
    return { mean, deviation: Math.max(Math.sqrt(Math.max(variance, 0)), least) };
  }

  function differentiate(point: Point, meanGradient: Float64Array, deviationGradient: Float64Array): Prediction {
    const prediction = predict(point);
    const { deviation } = prediction;
    // predict has left L⁻¹ k* here.
    solveUpper(factor, n, covariances);
    if (trend) trend.differentiate(point, meanGradient);
    else meanGradient.fill(0);
    deviationGradient.fill(0);
    for (let i = 0; i < n; i++) {
      const slope = 2 * signal * maternSlope(distances[i]);
      for (let k = 0; k < d; k++) {
        if (categories[k]) continue;
        const change = slope * inverseSquares[k] * (point[k] - points[i][k]);
        meanGradient[k] += change * weights[i];
        deviationGradient[k] -= (change * covariances[i]) / deviation;
      }
    }
    if (deviation === least) deviationGradient.fill(0);
    return prediction;
  }
  return { predict, differentiate };
}
