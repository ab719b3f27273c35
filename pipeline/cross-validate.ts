/** k-fold cross-validation of one method: every image is predicted by a network that never trained on it. */
import { MessageChannel } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import type { LabelledImages } from '../data/images.ts';
import { random } from '../data/random.ts';
import { foldRows, stratifiedFolds } from '../data/split.ts';
import type { Solution } from '../models/engine/network.ts';
import type { Plan } from '../models/engine/plan.ts';
import { countCorrect, predictedLabels, type Score, score } from './evaluate.ts';
import type { Parameters } from './experiment.ts';
import type { EpochMetrics } from './train.ts';
import type { FoldOutcome, FoldTask } from './worker.ts';

export interface CrossValidationTask {
  readonly plan: Plan;
  /** `simd` or `tfjs[:backend]`. */
  readonly engine: string;
  readonly method: string;
  readonly parameters: Parameters;
  readonly epochs: number;
  readonly folds: number;
  readonly seed: number;
  readonly images: LabelledImages;
}

export interface FoldResult {
  readonly train: Score;
  readonly validation: Score;
  readonly epochs: EpochMetrics[];
  /** Weights with their statistics; more than one where a method predicts with several. */
  readonly solutions: Solution[];
  /** f32[validation images × classes], in the order of the fold's validation rows. */
  readonly probabilities: Float32Array;
  readonly seconds: number;
}

/** Where the loss was not finite: fold, epoch and step are counted from 0. */
export interface Divergence {
  readonly status: 'diverged';
  readonly fold: number;
  readonly epoch: number;
  readonly step: number;
}

export type FoldRun = ({ readonly status: 'done' } & FoldResult) | Divergence | { readonly status: 'stopped' };

export type CrossValidation =
  | {
      readonly status: 'done';
      readonly folds: FoldResult[];
      /** Mean over the folds; n counts images, each of which all folds but one trained on. */
      readonly train: Score;
      readonly outOfFold: Score;
      /** f32[images × classes]: the prediction of the fold that validated each image. */
      readonly probabilities: Float32Array;
    }
  /** Of the first fold that diverged. */
  | Divergence;

export interface CrossValidationOptions {
  readonly signal?: AbortSignal;
  readonly onEpoch?: (fold: number, metrics: EpochMetrics) => void;
}

export interface FoldOptions {
  readonly signal?: AbortSignal;
  /** False stops the fold: later epochs are neither reported nor waited for. */
  readonly onEpoch?: (metrics: EpochMetrics) => boolean | void;
}

/** Rows of the images by fold: the same for every method and all parameters. */
export interface FoldRows {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
}

/** @throws UserError when a class has fewer images than there are folds */
export function makeFolds({
  images,
  folds,
  seed,
  plan,
}: Pick<CrossValidationTask, 'images' | 'folds' | 'seed' | 'plan'>): FoldRows[] {
  const foldOf = stratifiedFolds(images.labels, folds, seed, { classes: plan.classes, source: images.source });
  return Array.from({ length: folds }, (_, fold) => {
    const rows = foldRows(foldOf, fold);
    // The order in the file may be sorted; batches and samples of the training images must not be.
    random(seed, 'order', fold).shuffle(rows.train);
    return rows;
  });
}

/**
 * Trains the folds side by side on the pool. The result does not depend on the number of workers.
 * @throws UserError when a class has fewer images than there are folds
 * @throws AbortError when the signal aborts
 */
export async function crossValidate(
  pool: Piscina,
  task: CrossValidationTask,
  { signal, onEpoch }: CrossValidationOptions = {},
): Promise<CrossValidation> {
  const { images, folds, plan } = task;
  const rows = makeFolds(task);
  const runs = await Promise.all(
    rows.map((ofFold, fold) =>
      runFold(pool, task, fold, ofFold, { signal, onEpoch: (metrics) => onEpoch?.(fold, metrics) }),
    ),
  );

  const probabilities = new Float32Array(images.count * plan.classes);
  const results: FoldResult[] = [];
  for (const [fold, run] of runs.entries()) {
    if (run.status === 'stopped') throw new Error(`fold ${fold} was stopped by nobody`);
    if (run.status === 'diverged') return run;
    for (const [i, row] of rows[fold].validation.entries()) {
      const from = i * plan.classes;
      probabilities.set(run.probabilities.subarray(from, from + plan.classes), row * plan.classes);
    }
    results.push(run);
  }
  const trainAccuracy = results.reduce((sum, fold) => sum + fold.train.accuracy, 0) / folds;
  return {
    status: 'done',
    folds: results,
    train: score(trainAccuracy * images.count, images.count),
    outOfFold: score(countCorrect(predictedLabels(probabilities, plan.classes), images.labels), images.count),
    probabilities,
  };
}

/** Trains and scores one fold on the pool. @throws AbortError when the signal aborts */
export async function runFold(
  pool: Piscina,
  task: CrossValidationTask,
  fold: number,
  { train, validation }: FoldRows,
  { signal, onEpoch }: FoldOptions = {},
): Promise<FoldRun> {
  const { images, plan } = task;
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const { port1, port2 } = new MessageChannel();
  const stopped = Promise.withResolvers<{ readonly status: 'stopped' }>();
  let delivered = 0;
  const deliver = (metrics: EpochMetrics): void => {
    if (stop[0] !== 0) return;
    delivered += 1;
    if (onEpoch?.(metrics) !== false) return;
    Atomics.store(stop, 0, 1);
    stopped.resolve({ status: 'stopped' });
  };
  port1.on('message', deliver);
  const foldTask: FoldTask = {
    plan,
    engine: task.engine,
    method: task.method,
    parameters: task.parameters,
    epochs: task.epochs,
    images,
    seed: foldSeed(task.seed, fold),
    trainIndices: train,
    validationIndices: validation,
    port: port2,
    stop,
  };
  try {
    const run = pool.run(foldTask, { name: 'trainFold', transferList: [port2], signal }) as Promise<FoldOutcome>;
    const outcome = await Promise.race([run, stopped.promise]);
    if (outcome.status === 'stopped') {
      // The thread ends its epoch by itself.
      run.catch(() => {});
      return { status: 'stopped' };
    }
    // The outcome may overtake the messages of the last epochs.
    for (const metrics of outcome.epochs.slice(delivered)) deliver(metrics);
    if (stop[0] !== 0) return { status: 'stopped' };
    if (outcome.status === 'diverged') return { status: 'diverged', fold, epoch: outcome.epoch, step: outcome.step };
    const predicted = predictedLabels(outcome.probabilities, plan.classes);
    const correct = validation.reduce((sum, row, i) => sum + Number(images.labels[row] === predicted[i]), 0);
    return {
      status: 'done',
      train: score(outcome.trainCorrect, train.length),
      validation: score(correct, validation.length),
      epochs: outcome.epochs,
      solutions: outcome.solutions,
      probabilities: outcome.probabilities,
      seconds: outcome.seconds,
    };
  } finally {
    port1.close();
  }
}

/** Both arms of a comparison start their k-th fold from the same weights and see the same order of images. */
export const foldSeed = (seed: number, fold: number): number => random(seed, 'fold', fold).integer(2 ** 32);
