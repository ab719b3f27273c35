/**
 * Hyper-parameters of a Gaussian process: those with the largest posterior density ("maximum a posteriori"), given
 * what was observed. log p(θ | y) = −½ yᵀK⁻¹y − ½ log |K| + log p(θ) + constant.
 * Source: Rasmussen and Williams 2006, section 5.4.1.
 */
import { dot, factorize, inverse, solveLower, solveUpper } from '../../../numerics/cholesky.ts';
import { covarianceMatrix, squaredDifference } from './covariance.ts';
import type { Categories, Hyperparameters, Point } from './covariance.ts';
import { minimize } from '../../../numerics/minimize.ts';
import type { SmoothFunction } from '../../../numerics/minimize.ts';

/** Bounds of log ℓ, log s² and log noise. */
const bounds = {
  lengthScale: [Math.log(0.01), Math.log(100)],
  signal: [Math.log(0.01), Math.log(1000)],
  noise: [Math.log(1e-8), Math.log(1)],
} as const;

/**
 * Prior of the signal variance: `gamma` keeps it near the variance of the values; `flat` (in its logarithm) suits many
 * exact values of a smooth function, which varies less within the box than draws of the process usually do.
 */
export type SignalPrior = 'flat' | 'gamma';

/** Where the search begins: a rough function without noise, and a smooth one with some. */
const starts = [
  { lengthScale: 0.5, noise: 1e-3 },
  { lengthScale: 2, noise: 1e-2 },
];

/** Tolerance of the log density: a smaller difference does not count. */
const tolerance = 1e-2;

/**
 * Takes a few steps from every start, and continues from the best result until convergence.
 * @param points f64[d] each
 * @param values standardised: mean 0, variance 1
 * @param trend as of `negativeLogPosterior`
 */
export function fitHyperparameters(
  points: readonly Point[],
  values: Float64Array,
  categories: Categories,
  signalPrior: SignalPrior,
  trend?: Float64Array,
): Hyperparameters {
  const d = categories.length;
  const sides = [...categories.map(() => bounds.lengthScale), bounds.signal, bounds.noise];
  const box = { low: Float64Array.from(sides, ([low]) => low), high: Float64Array.from(sides, ([, high]) => high) };
  const f = negativeLogPosterior(points, values, categories, signalPrior, trend);
  const approaches = starts.map(({ lengthScale, noise }) => {
    const start = new Float64Array(d + 2).fill(Math.log(lengthScale));
    start[d] = 0;
    start[d + 1] = Math.log(noise);
    return minimize(f, start, box, { iterations: 8, tolerance });
  });
  const { x } = approaches.reduce((best, other) => (other.value < best.value ? other : best));
  return toHyperparameters(minimize(f, x, box, { iterations: 25, tolerance }).x);
}

/** θ = (log ℓ₁ … log ℓ_d, log s², log noise) */
function toHyperparameters(theta: Float64Array): Hyperparameters {
  const d = theta.length - 2;
  return { lengthScales: theta.slice(0, d).map(Math.exp), signal: Math.exp(theta[d]), noise: Math.exp(theta[d + 1]) };
}

/**
 * −log p(θ | y) up to a constant, and its gradient by θ.
 * @param trend values t of a known function at the points: the mean of the process is b t, with the likeliest weight b
 */
export function negativeLogPosterior(
  points: readonly Point[],
  values: Float64Array,
  categories: Categories,
  signalPrior: SignalPrior,
  trend?: Float64Array,
): SmoothFunction {
  const n = points.length;
  const d = categories.length;
  const differences = pairDifferences(points, categories);
  // Kept from one evaluation to the next: to make them anew takes as long as to fill them.
  const [covariance, matrix, lower, inverted] = Array.from({ length: 4 }, () => new Float64Array(n * n));
  const slopes = new Float64Array((n * (n - 1)) / 2);
  const weights = new Float64Array(n);
  return (theta, gradient) => {
    const { lengthScales, signal, noise } = toHyperparameters(theta);
    const inverseSquares = lengthScales.map((scale) => 1 / (scale * scale));
    for (let i = 0, pair = 0; i < n; i++) {
      covariance[i * n + i] = signal + noise;
      for (let j = 0; j < i; j++, pair++) {
        let squared = 0;
        for (let k = 0; k < d; k++) squared += inverseSquares[k] * differences[pair * d + k];
        // matern and maternSlope at once: the exponential is what they cost.
        const z = Math.sqrt(5 * squared);
        const decay = signal * Math.exp(-z);
        covariance[i * n + j] = (1 + z + (z * z) / 3) * decay;
        slopes[pair] = (5 / 3) * (1 + z) * decay;
      }
    }
    matrix.set(covariance);
    if (!factorize(matrix, n)) return Infinity;
    weights.set(values);
    solveLower(matrix, n, weights);
    let value = 0;
    if (trend !== undefined) {
      const whitened = trend.slice();
      solveLower(matrix, n, whitened);
      // At the likeliest weight the slope of the density by the weight is 0: the gradient by θ is that of a fixed weight.
      const weight = likeliestWeight(whitened, weights);
      for (let i = 0; i < n; i++) weights[i] -= weight * whitened[i];
      value += (weightPrecision * (weight - 1) ** 2) / 2;
    }
    for (let i = 0; i < n; i++) value += weights[i] ** 2 / 2 + Math.log(matrix[i * n + i]);
    solveUpper(matrix, n, weights);
    inverse(matrix, n, lower, inverted);
    gradient.fill(0);
    // ½ tr((K⁻¹ − ααᵀ) ∂K/∂θ), every pair counted twice.
    for (let i = 0, pair = 0; i < n; i++) {
      const diagonal = (inverted[i * n + i] - weights[i] * weights[i]) / 2;
      gradient[d] += diagonal * signal;
      gradient[d + 1] += diagonal * noise;
      for (let j = 0; j < i; j++, pair++) {
        const factor = inverted[i * n + j] - weights[i] * weights[j];
        gradient[d] += factor * covariance[i * n + j];
        for (let k = 0; k < d; k++) gradient[k] += factor * slopes[pair] * differences[pair * d + k];
      }
    }
    for (let k = 0; k < d; k++) gradient[k] *= inverseSquares[k];
    return value + addNegativeLogPrior(theta, gradient, signalPrior);
  };
}

/**
 * Priors that keep the fit of few trials sane: length scales near 1 (−0.1 (ℓ² + ℓ⁻²)), signal variance, unless its prior
 * is flat, from a gamma distribution of shape 2 and rate 1, noise variance from one of shape 1.1 and rate 30, as in
 * Optuna's `GPSampler`. Adds the gradient.
 * @returns −log p(θ) up to a constant
 */
function addNegativeLogPrior(theta: Float64Array, gradient: Float64Array, signalPrior: SignalPrior): number {
  const d = theta.length - 2;
  let value = 0;
  for (let k = 0; k < d; k++) {
    const square = Math.exp(2 * theta[k]);
    value += 0.1 * (square + 1 / square);
    gradient[k] += 0.2 * (square - 1 / square);
  }
  const noise = Math.exp(theta[d + 1]);
  value += 30 * noise - 0.1 * theta[d + 1];
  gradient[d + 1] += 30 * noise - 0.1;
  if (signalPrior === 'flat') return value;
  const signal = Math.exp(theta[d]);
  gradient[d] += signal - 1;
  return value + signal - theta[d];
}

/** Precision of the normal prior of a trend's weight, whose mean is 1. */
const weightPrecision = 4;

/**
 * The weight b of a trend, from 0 (the trend says nothing) to 1.
 * @param trend L⁻¹ t, where K = L Lᵀ, f64[n]
 * @param values L⁻¹ y, f64[n]
 */
function likeliestWeight(trend: Float64Array, values: Float64Array): number {
  const n = trend.length;
  const weight = (dot(trend, 0, values, 0, n) + weightPrecision) / (dot(trend, 0, trend, 0, n) + weightPrecision);
  return Math.min(Math.max(weight, 0), 1);
}

/** The likeliest weight b of the trend, given the hyper-parameters. */
export function weightOfTrend(
  points: readonly Point[],
  values: Float64Array,
  categories: Categories,
  hyperparameters: Hyperparameters,
  trend: Float64Array,
): number {
  const n = points.length;
  const factor = covarianceMatrix(points, categories, hyperparameters);
  if (!factorize(factor, n)) throw new Error('Expected a positive definite covariance matrix.');
  const whitened = [trend, values].map((vector) => {
    const copy = vector.slice();
    solveLower(factor, n, copy);
    return copy;
  });
  return likeliestWeight(whitened[0], whitened[1]);
}

/** δ_d of every pair i > j, f64[n (n − 1) / 2, d]. */
function pairDifferences(points: readonly Point[], categories: Categories): Float64Array {
  const d = categories.length;
  const result = new Float64Array(((points.length * (points.length - 1)) / 2) * d);
  let at = 0;
  for (let i = 0; i < points.length; i++) {
    for (let j = 0; j < i; j++) {
      for (let k = 0; k < d; k++) result[at++] = squaredDifference(points[i][k], points[j][k], categories[k]);
    }
  }
  return result;
}
