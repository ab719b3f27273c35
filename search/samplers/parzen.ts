/**
 * The Parzen estimator of TPE: a mixture of one kernel for each observation and one for the prior,
 * p(x) = Σᵢ wᵢ Π_d k_{i,d}(x_d). Oldest observation first, the prior last.
 * Source: Bergstra et al. 2011, "Algorithms for hyper-parameter optimization"; the widths, weights and joint form as
 * in Optuna, whose numbers the tests hold this file against.
 */
import { stepOf } from '../distributions.ts';
import type { CategoricalDistribution, Distribution, NumericDistribution } from '../distributions.ts';
import type { Random } from '../random.ts';
import { logNormalDensity, logNormalMass, truncatedNormalQuantile } from './normal.ts';
import { cellOf, fromRange, rangeOf, toRange } from './range.ts';

/** One number per dimension: the value of a numeric parameter, the index of the choice of a categorical one. */
export type Point = readonly number[];

export interface ParzenEstimator {
  readonly logDensity: (point: Point) => number;
  /** A kernel by its weight, then every dimension from that kernel. */
  readonly draw: (random: Random) => Point;
}

/** The kernels of one dimension. */
export interface Kernels {
  /** Adds log k_i(x) to sums[i] for every kernel i. */
  readonly addLog: (x: number, sums: Float64Array) => void;
  readonly draw: (kernel: number, uniform: number) => number;
}

/** Newest observations that all weigh 1; before them the weights fall off linearly. */
const fullWeightCount = 25;

export function parzenEstimator(
  observations: readonly Point[],
  distributions: readonly Distribution[],
): ParzenEstimator {
  const weights = observationWeights(observations.length);
  const logWeights = weights.map(Math.log);
  const dimensions = distributions.map((distribution, d) => {
    const values = observations.map((point) => point[d]);
    return distribution.kind === 'categorical'
      ? categoricalKernels(values, distribution)
      : numericKernels(values, distribution);
  });
  const sums = new Float64Array(weights.length);
  return {
    logDensity(point) {
      sums.set(logWeights);
      for (const [d, kernels] of dimensions.entries()) kernels.addLog(point[d], sums);
      return logSumExp(sums);
    },
    draw(random) {
      const kernel = indexByWeight(weights, random());
      return dimensions.map((kernels) => kernels.draw(kernel, random()));
    },
  };
}

/** Weights of k observations and the prior, f64[k + 1], sum 1. */
export function observationWeights(k: number): Float64Array {
  const weights = new Float64Array(k + 1).fill(1);
  const rising = Math.max(k - fullWeightCount, 0);
  for (let i = 0; i < rising; i++) weights[i] = 1 / k + (rising === 1 ? 0 : ((1 - 1 / k) * i) / (rising - 1));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/**
 * Centres and widths of the kernels of k observations and the prior, in the range [L, H] of the distribution. A width
 * is the larger gap to the neighbours, at least R / min(100, k + 2) and at most R = H − L.
 */
export function centresAndWidths(
  values: readonly number[],
  distribution: NumericDistribution,
): { centres: Float64Array; widths: Float64Array } {
  const { low, high } = rangeOf(distribution);
  const range = high - low;
  const k = values.length;
  const centres = new Float64Array(k + 1);
  for (let i = 0; i < k; i++) centres[i] = toRange(distribution, values[i]);
  centres[k] = (low + high) / 2;
  const order = Array.from({ length: k }, (_, i) => i).toSorted((i, j) => centres[i] - centres[j]);
  const widths = new Float64Array(k + 1);
  for (let rank = 0; rank < k; rank++) {
    const centre = centres[order[rank]];
    const below = rank > 0 ? centre - centres[order[rank - 1]] : k === 1 ? centre - low : 0;
    const above = rank < k - 1 ? centres[order[rank + 1]] - centre : k === 1 ? high - centre : 0;
    widths[order[rank]] = Math.min(Math.max(below, above, range / Math.min(100, k + 2)), range);
  }
  widths[k] = range;
  return { centres, widths };
}

/** Normal kernels cut at the ends of the range. On a grid a value has the mass of its cell. */
function numericKernels(values: readonly number[], distribution: NumericDistribution): Kernels {
  const { centres, widths } = centresAndWidths(values, distribution);
  const { low, high } = rangeOf(distribution);
  const logMasses = centres.map((centre, i) => logNormalMass((low - centre) / widths[i], (high - centre) / widths[i]));
  const draw = (i: number, uniform: number): number => {
    const [centre, width] = [centres[i], widths[i]];
    const z = truncatedNormalQuantile(uniform, (low - centre) / width, (high - centre) / width);
    return fromRange(distribution, centre + z * width);
  };
  if (stepOf(distribution) === 0) {
    const logScales = logMasses.map((logMass, i) => logMass + Math.log(widths[i]));
    const addLog = (value: number, sums: Float64Array): void => {
      const x = toRange(distribution, value);
      for (let i = 0; i < sums.length; i++) sums[i] += logNormalDensity((x - centres[i]) / widths[i]) - logScales[i];
    };
    return { addLog, draw };
  }
  const ofValue = remembered((value) => {
    const cell = cellOf(distribution, value);
    return centres.map(
      (centre, i) => logNormalMass((cell.low - centre) / widths[i], (cell.high - centre) / widths[i]) - logMasses[i],
    );
  });
  return { addLog: (value, sums) => addTo(sums, ofValue(value)), draw };
}

/** Each observation gives its choice 1 more than the 1 / (k + 1) that every choice has; the prior is even. */
function categoricalKernels(choices: readonly number[], { choices: { length } }: CategoricalDistribution): Kernels {
  const k = choices.length;
  const rowTotal = 1 + length / (k + 1);
  const probability = (i: number, choice: number): number =>
    i === k ? 1 / length : ((choices[i] === choice ? 1 : 0) + 1 / (k + 1)) / rowTotal;
  const ofChoice = remembered((choice) =>
    Float64Array.from({ length: k + 1 }, (_, i) => Math.log(probability(i, choice))),
  );
  return {
    addLog: (choice, sums) => addTo(sums, ofChoice(choice)),
    draw: (i, uniform) =>
      indexByWeight(
        Array.from({ length }, (_, choice) => probability(i, choice)),
        uniform,
      ),
  };
}

/** Candidates on a grid repeat, and their kernels are costly. */
function remembered(compute: (x: number) => Float64Array): (x: number) => Float64Array {
  const known = new Map<number, Float64Array>();
  return (x) => {
    const result = known.get(x) ?? compute(x);
    known.set(x, result);
    return result;
  };
}

function addTo(sums: Float64Array, terms: Float64Array): void {
  for (let i = 0; i < sums.length; i++) sums[i] += terms[i];
}

/** log Σ exp(xᵢ) without overflow. */
function logSumExp(terms: Float64Array): number {
  let largest = -Infinity;
  for (let i = 0; i < terms.length; i++) if (terms[i] > largest) largest = terms[i];
  let sum = 0;
  for (let i = 0; i < terms.length; i++) {
    // Smaller terms are lost in the rounding of the sum, and exp is what this file spends its time on.
    if (terms[i] > largest - 40) sum += Math.exp(terms[i] - largest);
  }
  return largest + Math.log(sum);
}

/** The first index whose cumulative weight exceeds `uniform`; the weights sum to 1. */
function indexByWeight(weights: ArrayLike<number>, uniform: number): number {
  let cumulative = 0;
  for (let i = 0; i < weights.length - 1; i++) {
    cumulative += weights[i];
    if (uniform < cumulative) return i;
  }
  return weights.length - 1;
}
