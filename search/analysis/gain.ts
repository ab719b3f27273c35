/**
 * What may still be gained in a study, by a Gaussian process of its trials: by the next trial, and by all that could follow.
 * Source: Makarova et al. 2022, "Automatic termination for hyperparameter optimization", arXiv:2104.08166.
 */
import { largest, smallest, upperMedian } from '../../numerics/statistics.ts';
import { randomStream } from '../random.ts';
import type { StudySnapshot } from '../read-study.ts';
import { acquire, improvementOn } from '../samplers/gp/acquire.ts';
import type { Point } from '../samplers/gp/covariance.ts';
import { learn } from '../samplers/gp/learn.ts';
import { logImprovement } from '../samplers/gp/log-expected-improvement.ts';
import { posterior } from '../samplers/gp/posterior.ts';
import { axesOf, coordinateAt } from '../samplers/unit-cube.ts';
import { modelTask, type ModelTask } from './model-task.ts';

export interface Gain {
  /** By how much the best trial to come next is expected to improve on the best mean, in units of the value. */
  readonly expected: number;
  /** Bound of what all trials to come can gain, which holds with probability 1 − δ, in units of the value. */
  readonly bound: number;
}

/** Fewer finished trials tell too little of the function. */
export const leastTrials = 20;
/** Points at which the bound is looked for, besides the trials and the best next point. */
const spreadCount = 1_000;
/** δ of the bound, and the part of β that suffices in practice: as in the paper. */
const [delta, betaPart] = [0.1, 1 / 5];
const bestCount = 4;

/** What the gain follows from. */
export type GainTask = ModelTask;

/** @returns null where nothing can be said: few trials, several objectives, constraints, or parameters that not all trials have */
export function gainOf(study: Pick<StudySnapshot, 'definition' | 'trials'>): Gain | null {
  const task = gainTask(study);
  return task && computeGain(task);
}

/** @returns null where `gainOf` gives null */
export const gainTask = (study: Pick<StudySnapshot, 'definition' | 'trials'>): GainTask | null =>
  modelTask(study, leastTrials);

/** Takes about a second. */
export function computeGain({ seed, finished, space, count, observations }: GainTask): Gain {
  const axes = axesOf(space);
  const points = observations.map(([point]) => Float64Array.from(point));
  const observed = observations.map(([, value]) => value);
  const categories = axes.map(({ isCategory }) => isCategory);
  const { values, hyperparameters } = learn(points, observed, categories);
  const scale = scaleOf(observed, values);
  const model = posterior(points, values, categories, hyperparameters);
  const predictions = points.map((point) => ({ point, ...model.predict(point) }));
  const ranked = predictions.toSorted((a, b) => a.mean - b.mean);
  const random = randomStream(seed, finished, 'gain');
  const best = ranked.slice(0, bestCount).map(({ point }) => point);
  const next = acquire(improvementOn(model, ranked[0].mean, axes), axes, best, random);
  const { mean, deviation } = model.predict(next);
  const improvement = deviation * Math.exp(logImprovement((ranked[0].mean - mean) / deviation));
  const spread = Array.from({ length: spreadCount }, (): Point =>
    Float64Array.from(axes, (axis) => coordinateAt(axis, random())),
  );
  // β of t trials in d dimensions.
  const beta = 2 * Math.log((axes.length * count ** 2 * Math.PI ** 2) / (6 * delta)) * betaPart;
  const width = Math.sqrt(beta);
  const upper = smallest(predictions.map((at) => at.mean + width * at.deviation));
  const lower = smallest(
    [...points, ...spread, next].map((point) => {
      const at = model.predict(point);
      return at.mean - width * at.deviation;
    }),
  );
  return { expected: scale * improvement, bound: scale * Math.max(upper - lower, 0) };
}

/** What a difference of 1 between good values is worth: there the scale of the model is linear. */
function scaleOf(observed: readonly number[], values: Float64Array): number {
  const median = upperMedian(observed);
  const good = observed.flatMap((value, i) => (value <= median ? [{ value, scaled: values[i] }] : []));
  const span = (numbers: readonly number[]): number => largest(numbers) - smallest(numbers);
  return span(good.map(({ value }) => value)) / (span(good.map(({ scaled }) => scaled)) || 1);
}
