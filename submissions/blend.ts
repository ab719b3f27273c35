/**
 * Blends of predictions: how much each member counts, from nothing but predictions of images that it did not train on.
 *
 * The honest score of a blend comes from nested folds: the weights that predict a fold are fitted on the other folds.
 */
import { findMetric, turned, type MetricName } from '../data/index.ts';
import { pickRows, predictionsOf } from '../pipeline/index.ts';
import { summingToOne } from './probability-table.ts';

export const blendWays = {
  mean: 'the mean: every member counts the same',
  weights: 'the mean of the members, each at its best temperature, with the weights that have the least log loss',
  greedy: 'as many copies of each member as help the metric of the competition, one after the other',
  geometric: 'the geometric mean, in which each member can refuse a class',
} as const;

export type BlendWay = keyof typeof blendWays;

/** Ways that learn weights, for which the folds of all members must be the same. */
export const isFitted = (way: BlendWay): boolean => way === 'weights' || way === 'greedy';

/** Images to fit on: the predictions of each member, and what is true. */
export interface Fitting {
  /** f32[images × classes] of each member. */
  readonly members: readonly Float32Array[];
  readonly labels: ArrayLike<number>;
  readonly classes: number;
  /** That `greedy` improves. */
  readonly metric: MetricName;
}

/** @param rows the images that are looked at @returns the weight of each member; their sum is 1 */
export function blendWeights(way: BlendWay, fitting: Fitting, rows: Uint32Array): Float64Array {
  const { length } = fitting.members;
  if (way === 'weights') return leastLogLoss(fitting, rows);
  return way === 'greedy' ? greedy(fitting, rows) : new Float64Array(length).fill(1 / length);
}

/** Below it a probability does not count in a geometric mean, which one member's zero would else decide. */
const SMALLEST_PROBABILITY = 1e-7;

const LEAST_TEMPERATURE = 1 / 4;
const LARGEST_TEMPERATURE = 4;
/** Halvings of that range: to four digits. */
const HALVINGS = 16;

/**
 * The temperature T of each member with the least log loss of its p^(1/T), which is convex in 1/T. Below 1 the member is
 * less sure than it is right, as networks that were trained with label smoothing are.
 * Source: Guo, Pleiss, Sun and Weinberger 2017, arXiv:1706.04599, section 4.2.
 */
export function temperaturesOf({ members, labels, classes }: Fitting, rows: Uint32Array): number[] {
  return members.map((member) => {
    const own = pickRows(member, rows, classes).map((p) => Math.log(Math.max(p, SMALLEST_PROBABILITY)));
    /** Derivative of the log loss by the exponent. */
    const slope = (exponent: number): number => {
      let total = 0;
      for (const [i, row] of rows.entries()) {
        let [sum, weighted] = [0, 0];
        for (let c = 0; c < classes; c += 1) {
          const logarithm = own[i * classes + c];
          const raised = Math.exp(exponent * logarithm);
          sum += raised;
          weighted += raised * logarithm;
        }
        total += weighted / sum - own[i * classes + labels[row]];
      }
      return total;
    };
    let [low, high] = [1 / LARGEST_TEMPERATURE, 1 / LEAST_TEMPERATURE];
    for (let halving = 0; halving < HALVINGS; halving += 1) {
      const middle = (low + high) / 2;
      if (slope(middle) < 0) low = middle;
      else high = middle;
    }
    return 2 / (low + high);
  });
}

/** Predictions at a temperature: p^(1/T), with sums of 1 for each image. */
export function atTemperature(probabilities: Float32Array, temperature: number, classes: number): Float32Array {
  if (temperature === 1) return probabilities;
  const raised = probabilities.map((p) => Math.max(p, SMALLEST_PROBABILITY) ** (1 / temperature));
  return Float32Array.from(summingToOne(raised, classes));
}

/** The prediction of the blend for some images. @returns f32[rows × classes], sums of 1 for each image */
export function blended(
  way: BlendWay,
  { members, classes }: Pick<Fitting, 'members' | 'classes'>,
  weights: Float64Array,
  rows: Uint32Array,
): Float32Array {
  const result = new Float32Array(rows.length * classes);
  const own = new Float64Array(classes);
  for (const [to, row] of rows.entries()) {
    own.fill(0);
    for (const [k, member] of members.entries()) {
      for (let c = 0; c < classes; c += 1) {
        const p = member[row * classes + c];
        own[c] += weights[k] * (way === 'geometric' ? Math.log(Math.max(p, SMALLEST_PROBABILITY)) : p);
      }
    }
    if (way === 'geometric') for (let c = 0; c < classes; c += 1) own[c] = Math.exp(own[c]);
    const sum = own.reduce((total, value) => total + value, 0);
    for (let c = 0; c < classes; c += 1) result[to * classes + c] = own[c] / sum;
  }
  return result;
}

const MOST_STEPS = 2_000;
/** A step that changes no weight by more has arrived. */
const SMALLEST_STEP = 1e-7;

/**
 * Weights on the simplex with the least log loss of the mean: a concave likelihood, whose maximum the EM steps of the
 * proportions of a mixture reach, w_k ← mean over the images of w_k p_k / Σ_j w_j p_j, with p the probability of the true
 * class. Source: Dempster, Laird and Rubin 1977, section 4.3.
 */
function leastLogLoss({ members, labels, classes }: Fitting, rows: Uint32Array): Float64Array {
  const right = members.map((member) =>
    Float64Array.from(rows, (row) => Math.max(member[row * classes + labels[row]], SMALLEST_PROBABILITY)),
  );
  let weights = new Float64Array(members.length).fill(1 / members.length);
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const next = new Float64Array(members.length);
    for (let i = 0; i < rows.length; i += 1) {
      let sum = 0;
      for (let k = 0; k < right.length; k += 1) sum += weights[k] * right[k][i];
      for (let k = 0; k < right.length; k += 1) next[k] += (weights[k] * right[k][i]) / sum / rows.length;
    }
    const moved = Math.max(...next.map((weight, k) => Math.abs(weight - weights[k])));
    weights = next;
    if (moved < SMALLEST_STEP) break;
  }
  return weights;
}

const GREEDY_STEPS = 25;

/**
 * Adds the member that helps the metric most, again and again, also one that is there already, and keeps the best of all
 * these blends; of equals the one with fewer members, and the member that is named first.
 * Source: Caruana, Niculescu-Mizil, Crew and Ksikes 2004, "Ensemble selection from libraries of models".
 */
function greedy({ members, labels, classes, metric: name }: Fitting, rows: Uint32Array): Float64Array {
  const metric = findMetric(name);
  const truth = Uint16Array.from(rows, (row) => labels[row]);
  const own = members.map((member) => pickRows(member, rows, classes));
  const merit = (sum: Float32Array, count: number): number => {
    const value = metric.prepare(
      predictionsOf(
        sum.map((p) => p / count),
        truth,
        classes,
      ),
    )(null);
    return Number.isNaN(value) ? -Infinity : turned(metric, value);
  };
  const counts = new Float64Array(members.length);
  let sum = new Float32Array(rows.length * classes);
  let best: { merit: number; weights: Float64Array } | null = null;
  for (let step = 1; step <= GREEDY_STEPS; step += 1) {
    const tried = own.map((part) => {
      const together = sum.map((value, i) => value + part[i]);
      return { together, merit: merit(together, step) };
    });
    const chosen = tried.reduce((first, one, k) => (one.merit > tried[first].merit ? k : first), 0);
    counts[chosen] += 1;
    sum = tried[chosen].together;
    if (best === null || tried[chosen].merit > best.merit) {
      best = { merit: tried[chosen].merit, weights: counts.map((count) => count / step) };
    }
  }
  return best!.weights;
}
