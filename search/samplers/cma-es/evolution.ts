/**
 * The evolution strategy with covariance matrix adaptation: generations are drawn from N(m, σ² C), and the better
 * points of each move m, σ and C, the worse ones C alone ("active" update).
 * Source: Hansen 2016, "The CMA evolution strategy: a tutorial", arXiv:1604.00772, whose symbols these are; clipped
 * steps: Hansen 2011, "Injecting external solutions into CMA-ES", arXiv:1110.4181.
 */
import { eigen } from '../../../numerics/eigen.ts';
import type { Eigen } from '../../../numerics/eigen.ts';

/** d dimensions, λ points a generation. */
interface Strategy {
  readonly d: number;
  readonly lambda: number;
  /** w, best point first: the positive ones sum to 1, the negative ones make C shrink. f64[λ] */
  readonly weights: Float64Array;
  readonly muEffective: number;
  readonly cSigma: number;
  readonly dSigma: number;
  readonly cC: number;
  readonly c1: number;
  readonly cMu: number;
}

export interface Evolution {
  readonly generation: number;
  /** f64[d] */
  readonly mean: Float64Array;
  readonly sigma: number;
  /** C, f64[d, d], and its eigenvalues and eigenvectors. */
  readonly covariance: Float64Array;
  readonly axes: Eigen;
  /** p_σ and p_c, f64[d]. */
  readonly sigmaPath: Float64Array;
  readonly covariancePath: Float64Array;
}

/** λ = 4 + ⌊3 ln d⌋ and the constants of the tutorial's table 1. */
export function strategyOf(d: number): Strategy {
  const lambda = 4 + Math.floor(3 * Math.log(d));
  const mu = Math.floor(lambda / 2);
  const raw = Float64Array.from({ length: lambda }, (_, i) => Math.log((lambda + 1) / 2) - Math.log(i + 1));
  const muEffective = effective(raw.subarray(0, mu));
  const muEffectiveMinus = effective(raw.subarray(mu));
  const cSigma = (muEffective + 2) / (d + muEffective + 5);
  const dSigma = 1 + 2 * Math.max(0, Math.sqrt((muEffective - 1) / (d + 1)) - 1) + cSigma;
  const cC = (4 + muEffective / d) / (d + 4 + (2 * muEffective) / d);
  const c1 = 2 / ((d + 1.3) ** 2 + muEffective);
  const cMu = Math.min(1 - c1, (2 * (0.25 + muEffective + 1 / muEffective - 2)) / ((d + 2) ** 2 + muEffective));
  const negative = Math.min(1 + c1 / cMu, 1 + (2 * muEffectiveMinus) / (muEffective + 2), (1 - c1 - cMu) / (d * cMu));
  const positiveSum = sum(raw.filter((w) => w > 0));
  const negativeSum = -sum(raw.filter((w) => w < 0));
  const weights = raw.map((w) => (w >= 0 ? w / positiveSum : (negative * w) / negativeSum));
  return { d, lambda, weights, muEffective, cSigma, dSigma, cC, c1, cMu };
}

/** C = 1, around the mean. */
export function startEvolution(mean: Float64Array, sigma: number): Evolution {
  const d = mean.length;
  const covariance = new Float64Array(d * d);
  for (let i = 0; i < d; i++) covariance[i * d + i] = 1;
  const zeros = new Float64Array(d);
  return {
    generation: 0,
    mean,
    sigma,
    covariance,
    axes: eigen(covariance, d),
    sigmaPath: zeros,
    covariancePath: zeros,
  };
}

/** m + σ C^½ z for z from N(0, 1), f64[d] */
export function pointAt({ mean, sigma, axes: { values, vectors } }: Evolution, z: Float64Array): Float64Array {
  const d = mean.length;
  return mean.map((m, i) => {
    let step = 0;
    for (let k = 0; k < d; k++) step += vectors[i * d + k] * Math.sqrt(values[k]) * z[k];
    return m + sigma * step;
  });
}

/**
 * One generation further.
 * @param points λ of them, best first; they need not come from this distribution
 * @param leastDeviations σ √C_jj does not fall below these, f64[d]
 */
export function evolve(
  strategy: Strategy,
  before: Evolution,
  points: readonly Float64Array[],
  leastDeviations: Float64Array,
): Evolution {
  const { d, weights, muEffective, cSigma, dSigma, cC, c1, cMu } = strategy;
  const { mean, axes } = before;
  const generation = before.generation + 1;
  // A point far outside of the distribution, drawn from another one or enqueued, counts as one at its rim.
  const rim = Math.sqrt(d) + (2 * d) / (d + 2);
  const steps = points.map((point) => {
    const y = point.map((x, i) => (x - mean[i]) / before.sigma);
    const length = norm(whiten(axes, y));
    const scale = Math.min(1, rim / length);
    return { y: y.map((yi) => yi * scale), squaredLength: (length * scale) ** 2 };
  });
  const step = new Float64Array(d);
  for (const [rank, { y }] of steps.entries()) {
    if (weights[rank] > 0) for (let i = 0; i < d; i++) step[i] += weights[rank] * y[i];
  }

  const decay = Math.sqrt(cSigma * (2 - cSigma) * muEffective);
  const whitened = whiten(axes, step);
  const sigmaPath = before.sigmaPath.map((p, i) => (1 - cSigma) * p + decay * whitened[i]);
  const expected = expectedNorm(d);
  const pathLength = norm(sigmaPath);
  const isSteady = pathLength / Math.sqrt(1 - (1 - cSigma) ** (2 * generation)) < (1.4 + 2 / (d + 1)) * expected;
  const covarianceDecay = isSteady ? Math.sqrt(cC * (2 - cC) * muEffective) : 0;
  const covariancePath = before.covariancePath.map((p, i) => (1 - cC) * p + covarianceDecay * step[i]);
  const sigma = before.sigma * Math.exp(Math.min(1, (cSigma / dSigma) * (pathLength / expected - 1)));

  const kept = 1 + (isSteady ? 0 : c1 * cC * (2 - cC)) - c1 - cMu * sum(weights);
  const covariance = before.covariance.map((c) => kept * c);
  addOuter(covariance, c1, covariancePath);
  for (const [rank, { y, squaredLength }] of steps.entries()) {
    // The worse points shrink C along their direction, independent of their distance.
    const weight = weights[rank] >= 0 ? weights[rank] : (weights[rank] * d) / Math.max(squaredLength, tinyLength);
    addOuter(covariance, cMu * weight, y);
  }
  widen(covariance, sigma, leastDeviations);
  return {
    generation,
    mean: mean.map((m, i) => m + before.sigma * step[i]),
    sigma,
    covariance,
    axes: positive(eigen(covariance, d)),
    sigmaPath,
    covariancePath,
  };
}

/** Avoids a division by 0 if a point is the mean itself. */
const tinyLength = 1e-12;
/** Eigenvalues below this part of the largest are rounding errors. */
const smallestEigenvalue = 1e-14;

/** C^−½ y */
function whiten({ values, vectors }: Eigen, y: Float64Array): Float64Array {
  const d = y.length;
  const inner = values.map((value, k) => {
    let along = 0;
    for (let i = 0; i < d; i++) along += vectors[i * d + k] * y[i];
    return along / Math.sqrt(value);
  });
  return y.map((_, i) => {
    let back = 0;
    for (let k = 0; k < d; k++) back += vectors[i * d + k] * inner[k];
    return back;
  });
}

/** Scales coordinates that have become too narrow; correlations stay. */
function widen(covariance: Float64Array, sigma: number, leastDeviations: Float64Array): void {
  const d = leastDeviations.length;
  for (let k = 0; k < d; k++) {
    const scale = leastDeviations[k] / (sigma * Math.sqrt(covariance[k * d + k]));
    if (!(scale > 1)) continue;
    for (let i = 0; i < d; i++) {
      covariance[k * d + i] *= scale;
      covariance[i * d + k] *= scale;
    }
  }
}

function positive({ values, vectors }: Eigen): Eigen {
  const least = smallestEigenvalue * Math.max(...values);
  return { values: values.map((value) => Math.max(value, least)), vectors };
}

/** C += factor y yᵀ */
function addOuter(covariance: Float64Array, factor: number, y: Float64Array): void {
  const d = y.length;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) covariance[i * d + j] += factor * y[i] * y[j];
  }
}

/** E ‖N(0, 1)‖ in d dimensions, nearly. */
function expectedNorm(d: number): number {
  return Math.sqrt(d) * (1 - 1 / (4 * d) + 1 / (21 * d * d));
}

/** (Σ w)² / Σ w² */
function effective(weights: Float64Array): number {
  return sum(weights) ** 2 / sum(weights.map((w) => w * w));
}

function sum(terms: Float64Array): number {
  return terms.reduce((total, term) => total + term, 0);
}

function norm(y: Float64Array): number {
  return Math.hypot(...y);
}
