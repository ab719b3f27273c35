/**
 * Draws the values f of the function at the observed points from their posterior, given the observations y = f + noise.
 * With f₀ from the prior and ε₀ from the noise, f = f₀ + K (K + σ²)⁻¹ (y − f₀ − ε₀) is one. Source: Journel and
 * Huijbregts 1978, "Mining geostatistics"; Wilson et al. 2020, "Efficiently sampling functions from Gaussian process
 * posteriors", arXiv:2002.09309, equation 9 ("Matheron's rule").
 */
import type { Random } from '../../random.ts';
import { normalAt } from '../../../numerics/normal.ts';
import { dot, factorize, solveLower, solveUpper } from '../../../numerics/cholesky.ts';
import { covarianceMatrix } from './covariance.ts';
import type { Categories, Hyperparameters, Point } from './covariance.ts';
import type { Trend } from './trend.ts';

/**
 * @param values y, f64[n]
 * @param hyperparameters with the noise variance σ² of the values
 * @param jitter variance that keeps K positive definite where points coincide
 * @param trend the mean of the process before the observations. Default: 0.
 * @returns f, f64[n]
 * @throws Error if K is not positive definite even so
 */
export function drawFunction(
  points: readonly Point[],
  values: Float64Array,
  categories: Categories,
  hyperparameters: Hyperparameters,
  jitter: number,
  random: Random,
  trend?: Trend,
): Float64Array {
  const { noise } = hyperparameters;
  const n = points.length;
  const prior = covarianceMatrix(points, categories, { ...hyperparameters, noise: jitter });
  const observed = covarianceMatrix(points, categories, hyperparameters);
  if (!factorize(prior, n) || !factorize(observed, n))
    throw new Error('Expected a positive definite covariance matrix.');
  const normals = (): Float64Array => Float64Array.from(points, () => normalAt(random()));
  const [z, e] = [normals(), normals().map((x) => Math.sqrt(noise) * x)];
  // y − ε₀ − f₀, then weighed with (K + σ²)⁻¹; K (K + σ²)⁻¹ = 1 − σ² (K + σ²)⁻¹.
  const around = trend ? values.map((y, i) => y - trend.at(points[i])) : values;
  const rest = around.map((y, i) => y - e[i] - dot(prior, i * n, z, 0, i + 1));
  solveLower(observed, n, rest);
  solveUpper(observed, n, rest);
  return values.map((y, i) => y - e[i] - noise * rest[i]);
}
