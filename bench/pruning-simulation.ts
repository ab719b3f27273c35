/**
 * Simulated studies on recorded learning curves. The candidates and their order do not depend on the pruner, and the
 * final score of a pruned candidate is known.
 */
import { random } from '../numerics/random.ts';
import type { Params, SearchSpace } from '../search/distributions.ts';
import type { Pruner, TrialShape } from '../search/pruners/pruner.ts';
import { randomStream } from '../search/random.ts';
import { rangeOf, toRange } from '../search/samplers/range.ts';
import { tpeSampler } from '../search/samplers/tpe.ts';
import { lagAt } from '../search/storage/claims.ts';
import { bestOf } from '../search/known-trials.ts';
import type { FrozenTrial } from '../search/frozen-trial.ts';
import type { RecordedTrial, Recording } from './learning-curves.ts';

/** Number of trials that trial k knows, as in a study with the default lag. */
const knownTo = (number: number): number => Math.max(0, number - lagAt(number, 'growing') + 1);

export type FoldOrder = (history: readonly FrozenTrial[], shape: TrialShape & { direction: 'maximize' }) => number[];

export interface SimulatedStudy {
  readonly seed: number;
  readonly shape: TrialShape;
  /** Complete trials in the order of the study. */
  readonly trials: readonly FrozenTrial[];
}

export interface StudyOutcome {
  /** Trained epochs of all trials and folds, and those without pruning. */
  readonly epochs: number;
  readonly epochsWithoutPruning: number;
  readonly prunedBest: boolean;
  /** Accuracy of the best candidate minus that of the best unpruned one. */
  readonly regret: number;
}

/**
 * A study of one method over a random sample of the recorded trials, in an order that TPE decides: each suggestion is
 * answered with the nearest unused trial. The folds are permuted at random. If all recorded trials are used, studies
 * differ only in the order.
 */
export function simulateStudy(recording: Recording, method: string, trials: number, seed: number): SimulatedStudy {
  const studies = recording.studies.filter((study) => study.method === method);
  const [{ space }] = studies;
  const recorded = studies.flatMap((study) => study.trials);
  const folds = random(seed, 'folds').permutation(recording.folds);
  const pool = [...random(seed, 'pool').permutation(recorded.length)].slice(0, trials).map((i) => recorded[i]);
  const sampler = tpeSampler();
  const chosen: FrozenTrial[] = [];
  for (let number = 0; number < trials; number += 1) {
    const draw = sampler({
      number,
      direction: 'maximize',
      space,
      history: chosen.slice(0, knownTo(number)),
      pending: chosen.slice(knownTo(number)),
      random: (name) => randomStream(seed, number, name),
      studyRandom: (name) => randomStream(seed, null, name),
    });
    const wanted = Object.fromEntries(Object.entries(space).map(([name, range]) => [name, draw(name, range)]));
    const distances = pool.map(({ params }) => distance(space, wanted, params));
    const [nearest] = pool.splice(distances.indexOf(Math.min(...distances)), 1);
    chosen.push(freeze(nearest, number, folds, recording));
  }
  return { seed, shape: { folds: recording.folds, stepsPerFold: recording.epochs }, trials: chosen };
}

/** Replays the study with a pruner. */
export function runPruned(study: SimulatedStudy, pruner: Pruner, foldOrder?: FoldOrder): StudyOutcome {
  const { shape, seed } = study;
  const outcomes: FrozenTrial[] = [];
  for (const full of study.trials) {
    const { number } = full;
    const history = outcomes.slice(0, knownTo(number));
    const order = foldOrder?.(history, { ...shape, direction: 'maximize' }) ?? [...Array(shape.folds).keys()];
    const reported: Record<number, number> = {};
    const steps = stepsOf(full, order, shape);
    const isPruned = steps.some((step, i) => {
      reported[step] = full.intermediateValues[step];
      if (i === steps.length - 1) return false;
      const trial: FrozenTrial = { ...full, state: 'RUNNING', value: null, intermediateValues: { ...reported } };
      const stream = (name: string) => randomStream(seed, number, name);
      return pruner({ direction: 'maximize', trial, step, history, random: stream });
    });
    outcomes.push(isPruned ? { ...full, state: 'PRUNED', value: null, intermediateValues: reported } : full);
  }
  const best = bestOf(study.trials, { direction: 'maximize' })!;
  return {
    epochs: countReports(outcomes),
    epochsWithoutPruning: countReports(study.trials),
    prunedBest: outcomes[best.number].state === 'PRUNED',
    regret: best.value! - (bestOf(outcomes, { direction: 'maximize' })?.value ?? 0),
  };
}

/** Reported steps in the order of the folds. A diverged fold ends the trial. */
function stepsOf(
  { intermediateValues }: FrozenTrial,
  order: readonly number[],
  { stepsPerFold }: TrialShape,
): number[] {
  const steps: number[] = [];
  for (const fold of order) {
    for (let step = fold * stepsPerFold; step < (fold + 1) * stepsPerFold; step += 1) {
      if (intermediateValues[step] === undefined) return steps;
      steps.push(step);
    }
  }
  return steps;
}

/** A complete trial. The last report of a fold is the score of the weights that predict. */
function freeze(
  { params, folds }: RecordedTrial,
  number: number,
  order: Uint32Array,
  { epochs, images, validationImages }: Recording,
): FrozenTrial {
  const intermediateValues: Record<number, number> = {};
  let correct = 0;
  for (const [to, from] of order.entries()) {
    const { epochs: curve, final } = folds[from];
    correct += final ?? NaN;
    const reports = final === null ? curve : [...curve.slice(0, -1), final];
    for (const [epoch, count] of reports.entries()) intermediateValues[to * epochs + epoch] = count / validationImages;
  }
  return {
    number,
    state: Number.isNaN(correct) ? 'FAIL' : 'COMPLETE',
    value: Number.isNaN(correct) ? null : correct / images,
    params,
    distributions: {},
    intermediateValues,
    userAttributes: {},
    createdAt: '',
    startedAt: null,
    finishedAt: null,
  };
}

/** Squared Euclidean distance with every parameter scaled to [0, 1]. Different choices have distance 1. */
function distance(space: SearchSpace, a: Params, b: Params): number {
  let sum = 0;
  for (const [name, distribution] of Object.entries(space)) {
    if (distribution.kind === 'categorical') {
      sum += Number(a[name] !== b[name]);
    } else {
      const { low, high } = rangeOf(distribution);
      const place = (params: Params): number => (toRange(distribution, Number(params[name])) - low) / (high - low);
      sum += (place(a) - place(b)) ** 2;
    }
  }
  return sum;
}

const countReports = (trials: readonly FrozenTrial[]): number =>
  trials.reduce((sum, { intermediateValues }) => sum + Object.keys(intermediateValues).length, 0);
