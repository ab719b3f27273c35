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
  readonly seconds: number;
}

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
  /** The first fold (counted from 0) whose loss was not finite, and where. */
  | { readonly status: 'diverged'; readonly fold: number; readonly epoch: number; readonly step: number };

export interface CrossValidationOptions {
  readonly signal?: AbortSignal;
  readonly onEpoch?: (fold: number, metrics: EpochMetrics) => void;
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
  const { images, folds, seed, plan } = task;
  const foldOf = stratifiedFolds(images.labels, folds, seed, { classes: plan.classes, source: images.source });
  const rows = Array.from({ length: folds }, (_, fold) => foldRows(foldOf, fold));
  const outcomes = await Promise.all(
    rows.map(({ train, validation }, fold) => {
      // The order in the file may be sorted; batches and samples of the training images must not be.
      random(seed, 'order', fold).shuffle(train);
      const foldTask: FoldTask = {
        ...task,
        seed: foldSeed(seed, fold),
        trainIndices: train,
        validationIndices: validation,
      };
      return runFold(pool, foldTask, signal, (metrics) => onEpoch?.(fold, metrics));
    }),
  );

  const probabilities = new Float32Array(images.count * plan.classes);
  const results: FoldResult[] = [];
  for (const [fold, outcome] of outcomes.entries()) {
    if (outcome.status === 'diverged') return { status: 'diverged', fold, epoch: outcome.epoch, step: outcome.step };
    const { train, validation } = rows[fold];
    for (const [i, row] of validation.entries()) {
      const from = i * plan.classes;
      probabilities.set(outcome.probabilities.subarray(from, from + plan.classes), row * plan.classes);
    }
    const predicted = predictedLabels(outcome.probabilities, plan.classes);
    const correct = validation.reduce((sum, row, i) => sum + Number(images.labels[row] === predicted[i]), 0);
    results.push({
      train: score(outcome.trainCorrect, train.length),
      validation: score(correct, validation.length),
      epochs: outcome.epochs,
      solutions: outcome.solutions,
      seconds: outcome.seconds,
    });
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

/** Both arms of a comparison start their k-th fold from the same weights and see the same order of images. */
const foldSeed = (seed: number, fold: number): number => random(seed, 'fold', fold).integer(2 ** 32);

async function runFold(
  pool: Piscina,
  task: FoldTask,
  signal: AbortSignal | undefined,
  onEpoch: (metrics: EpochMetrics) => void,
): Promise<FoldOutcome> {
  const { port1, port2 } = new MessageChannel();
  port1.on('message', onEpoch);
  try {
    return await pool.run({ ...task, port: port2 }, { name: 'trainFold', transferList: [port2], signal });
  } finally {
    port1.close();
  }
}
