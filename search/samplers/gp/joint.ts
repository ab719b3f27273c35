/**
 * Bayesian optimisation with a Gaussian process for each objective and one for each constraint. Two objectives: the
 * expected improvement of the hypervolume, exactly. More: every trial draws weights and improves on the weighed sum of
 * the objectives (ParEGO). Either is multiplied with the probability that all constraints are kept; as long as no trial
 * keeps them, this probability alone counts.
 * Source: Emmerich et al. 2011, "Hypervolume-based expected improvement"; Knowles 2006, "ParEGO"; Gardner et al. 2014,
 * "Bayesian optimization with inequality constraints".
 */
import { logNormalCdf } from '../../../numerics/normal.ts';
import { largest, median, smallest } from '../../../numerics/statistics.ts';
import { frontsOf } from '../../pareto.ts';
import type { Random } from '../../random.ts';
import type { Axis } from '../unit-cube.ts';
import { acquire, type Acquisition } from './acquire.ts';
import type { Point } from './covariance.ts';
import { awayFromCrashes, type Ends } from './crashes.ts';
import { learn } from './learn.ts';
import { logImprovement } from './log-expected-improvement.ts';
import { posterior, type Posterior, type Prediction } from './posterior.ts';
import { learnThreshold } from './threshold.ts';
import type { Trend } from './trend.ts';

export interface JointTask {
  readonly axes: readonly Axis[];
  /** The observed points, f64[d] each. */
  readonly points: readonly Point[];
  readonly ends: Ends;
  /** For each objective the values at the points, to be minimised. */
  readonly objectives: readonly (readonly number[])[];
  /** For each constraint the values at the points; undefined where a trial has none, NaN for one that is missed by far. */
  readonly constraints: readonly (readonly (number | undefined)[])[];
  /** Whether the trial at each point keeps all constraints. */
  readonly isFeasible: readonly boolean[];
  /** What is known beforehand of the only objective. */
  readonly trend?: Trend;
  /** Points of trials in flight. */
  readonly pending: readonly Point[];
  /** Whether a point may be suggested. Default: every one may. */
  readonly isOpen?: (point: Point) => boolean;
  readonly random: Random;
}

/** Number of best points whose neighbours are candidates. */
const bestCount = 4;
/** How far the reference point lies beyond the worst known values, as a part of their range. */
const margin = 0.1;
/** Part of the plain sum in a weighed one, so that points that no weight prefers are not equal. */
const sumPart = 0.05;
/** Step of the differences by mean and deviation, in deviations. */
const difference = 1e-4;
/** Improvements below it are none. */
const leastImprovement = 1e-300;

/** What a point with these predictions would be worth, as a logarithm. */
type Worth = (predictions: readonly Prediction[]) => number;

/** The score of a point is a sum of terms, each of its own models. */
interface Term {
  readonly models: readonly Posterior[];
  readonly worth: Worth;
}

export function suggestJointly(task: JointTask): Point {
  const { axes, points, isFeasible, random } = task;
  const losses = task.objectives.length <= 2 ? task.objectives : [weighedSum(task)];
  const models = losses.map((values) => objectiveModel(task, values));
  const limits = task.constraints.flatMap((values) => constraintTerm(task, values) ?? []);
  const known = [...points.filter((_, i) => isFeasible[i]), ...(points.length > 0 ? task.pending : [])];
  const means = known.map((point) => models.map((model) => model.predict(point).mean));
  const hasFeasible = isFeasible.includes(true);
  const gain = hasFeasible ? [{ models, worth: improvementOver(means, models.length) }] : [];
  const acquisition = awayFromCrashes(jointAcquisition([...gain, ...limits], axes), task.ends, axes);
  const order = frontsOf(means, bestCount).flat();
  const best = hasFeasible
    ? order.slice(0, bestCount).map((i) => known[i])
    : points.toSorted((a, b) => acquisition.score(b) - acquisition.score(a)).slice(0, bestCount);
  return acquire(acquisition, axes, best, random, task.isOpen);
}

/** Knows also the trials in flight, as if they turned out as predicted. */
function objectiveModel({ axes, points, pending, trend: prior }: JointTask, observed: readonly number[]): Posterior {
  const categories = axes.map(({ isCategory }) => isCategory);
  const { values, hyperparameters, trend } = learn(points, observed, categories, prior);
  const model = posterior(points, values, categories, hyperparameters, trend);
  if (pending.length === 0) return model;
  const believed = pending.map((point) => model.predict(point).mean);
  const all = [...points, ...pending];
  return posterior(all, Float64Array.of(...values, ...believed), categories, hyperparameters, trend);
}

/** @returns null if no trial has the constraint */
function constraintTerm({ axes, points }: JointTask, observed: readonly (number | undefined)[]): Term | null {
  const places = observed.flatMap((value, i) => (value === undefined ? [] : [i]));
  if (places.length === 0) return null;
  const found = places.map((i) => observed[i]!);
  const sizes = found.filter((value) => !Number.isNaN(value)).map(Math.abs);
  const scale = (sizes.length === 0 ? 0 : median(sizes)) || 1;
  // Keeps the sign, and brings what is far away nearer: where the constraint is met matters.
  const drawn = found.map((value) => Math.sign(value) * Math.log1p(Math.abs(value) / scale));
  const worst = Math.max(1, ...drawn.filter((value) => !Number.isNaN(value)));
  const values = drawn.map((value) => (Number.isNaN(value) ? worst : value));
  const categories = axes.map(({ isCategory }) => isCategory);
  const here = places.map((i) => points[i]);
  const { model, threshold } = learnThreshold(here, values, categories);
  return { models: [model], worth: ([{ mean, deviation }]) => logNormalCdf((threshold - mean) / deviation) };
}

/**
 * With one objective the expected improvement on the best mean, with two that of the hypervolume below the worst known
 * values: the ends of the front are worth much, so that it grows as wide as it can.
 * @param means of known points
 */
export function improvementOver(means: readonly (readonly number[])[], objectives: number): Worth {
  if (objectives === 1) {
    const target = smallest(means.map(([mean]) => mean));
    return ([{ mean, deviation }]) => Math.log(deviation) + logImprovement((target - mean) / deviation);
  }
  const front = frontsOf(means, 1)[0]
    .map((i) => means[i])
    .toSorted((a, b) => a[0] - b[0]);
  const [right, top] = [0, 1].map((k) => {
    const values = means.map((point) => point[k]);
    return largest(values) + margin * (largest(values) - smallest(values) || 1);
  });
  return ([first, second]) => {
    let expected = 0;
    let before = 0;
    // Strips between neighbours of the front: what is gained is a width times a height, which are independent.
    for (let i = 0; i <= front.length; i++) {
      const until = expectedBelow(first, i < front.length ? front[i][0] : right);
      const height = expectedBelow(second, i === 0 ? top : front[i - 1][1]);
      expected += Math.max(until - before, 0) * height;
      before = until;
    }
    return Math.log(Math.max(expected, leastImprovement));
  };
}

/** E[max(t − f, 0)] */
const expectedBelow = ({ mean, deviation }: Prediction, t: number): number =>
  deviation * Math.exp(logImprovement((t - mean) / deviation));

/** The augmented Chebyshev norm of the objectives over their ranges, with weights that are drawn anew for each trial. */
function weighedSum({ objectives, random }: JointTask): readonly number[] {
  const shares = objectives.map(() => -Math.log(1 - random()));
  const total = shares.reduce((sum, share) => sum + share, 0);
  const scaled = objectives.map((values, k) => {
    const [low, high] = [smallest(values), largest(values)];
    return values.map((value) => ((shares[k] / total) * (value - low)) / (high - low || 1));
  });
  return scaled[0].map((_, i) => {
    const parts = scaled.map((values) => values[i]);
    return largest(parts) + sumPart * parts.reduce((sum, part) => sum + part, 0);
  });
}

/** The gradient comes from those of the predictions, and from differences of the worth by each of these. */
function jointAcquisition(terms: readonly Term[], axes: readonly Axis[]): Acquisition {
  const d = axes.length;
  const slopes = { mean: new Float64Array(d), deviation: new Float64Array(d) };
  const predicted = ({ models }: Term, point: Point): Prediction[] => models.map((model) => model.predict(point));
  return {
    score: (point) => terms.reduce((sum, term) => sum + term.worth(predicted(term, point)), 0),
    negative(point, gradient) {
      gradient.fill(0);
      let value = 0;
      for (const term of terms) {
        const predictions = predicted(term, point);
        value -= term.worth(predictions);
        for (const [j, prediction] of predictions.entries()) {
          term.models[j].differentiate(point, slopes.mean, slopes.deviation);
          const h = difference * prediction.deviation;
          for (const part of ['mean', 'deviation'] as const) {
            const moved = (by: number): number =>
              term.worth(predictions.with(j, { ...prediction, [part]: prediction[part] + by }));
            const slope = (moved(h) - moved(-h)) / (2 * h);
            for (let k = 0; k < d; k++) if (axes[k].levels === null) gradient[k] -= slope * slopes[part][k];
          }
        }
      }
      return value;
    },
  };
}
