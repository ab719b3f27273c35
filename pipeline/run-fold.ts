/** Trains one fold of a cross-validation on the pool. */
import { MessageChannel } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import type { LabelledImages } from '../data/index.ts';
import { random } from '../numerics/random.ts';
import { checkMemory, type Plan, type Solution } from '../models/index.ts';
import { predictionsOf, type Score, scorePredictions } from './evaluate.ts';
import type { Averages } from './averages.ts';
import type { MethodName } from './methods/index.ts';
import type { Parameters } from './parameters.ts';
import { type Joined, pseudoLabelled, type PseudoLabelling } from './pseudo-labels.ts';
import type { DivergencePlace, EpochMetrics, TrainingEnd } from './train.ts';
import type { EpochMessage, FoldOutcome, FoldScores, FoldTask, PredictTask } from './worker.ts';

export interface CrossValidationTask {
  readonly plan: Plan;
  /** `simd` or `tfjs[:backend]`. */
  readonly engine: string;
  readonly method: MethodName;
  readonly parameters: Parameters;
  readonly epochs: number;
  readonly folds: number;
  /** Number of trained folds, the first ones; 1 is a training with a holdout. Default: all */
  readonly trainFolds?: number;
  readonly seed: number;
  readonly images: LabelledImages;
  /** Whether the last weights, their EMA and their SWA are scored besides, in the last training of a fold. Default: false. */
  readonly withAverages?: boolean;
  /** Images without labels, for a second training of each fold. Default: none. */
  readonly pseudoLabels?: PseudoLabelling;
}

export interface FoldResult extends TrainingEnd {
  readonly train: Score;
  readonly validation: Score;
  readonly epochs: EpochMetrics[];
  /** Weights with their statistics. Some methods predict with several. */
  readonly solutions: Solution[];
  /** f32[validation images × classes], in the order of the fold's validation rows. */
  readonly probabilities: Float32Array;
  /** As `probabilities`, by averages of the trajectory; absent unless they were asked for. */
  readonly averages?: Averages<Float32Array>;
  readonly seconds: number;
  /** Number of pseudo-labelled images in the second training; absent if there was only one training. */
  readonly pseudoLabels?: number;
}

export interface Divergence extends DivergencePlace {
  readonly status: 'diverged';
  /** Counted from 0. */
  readonly fold: number;
}

export type FoldRun = ({ readonly status: 'done' } & FoldResult) | Divergence | { readonly status: 'stopped' };

export interface FoldOptions {
  readonly signal?: AbortSignal;
  /**
   * Called after each epoch. Return false to stop the fold: later epochs are neither reported nor waited for. A teacher
   * cannot be stopped.
   * @param isTeacher as for `CrossValidationOptions`
   */
  readonly onEpoch?: (metrics: EpochMetrics, isTeacher: boolean) => boolean | void;
}

/** Rows of the images of a fold, which are the same for every method and all parameters. */
export interface FoldRows {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  /** Pseudo-labelled images, which are trained on and never scored. */
  readonly pseudo?: Uint32Array;
}

/** What decides the folds and how they are scored, without the training. */
export type ValidationTask = Pick<CrossValidationTask, 'plan' | 'engine' | 'images' | 'folds' | 'trainFolds' | 'seed'>;

/**
 * Trains a fold, and then again with pseudo-labels, those predictions of the first network that are confident enough.
 */
export async function runTwice(
  pool: Piscina,
  task: CrossValidationTask,
  fold: number,
  rows: FoldRows,
  joined: Joined,
  { signal, onEpoch }: FoldOptions,
): Promise<FoldRun> {
  const { plan, engine } = task;
  const { confidence, images: others } = task.pseudoLabels!;
  const first = await runFold(pool, { ...task, withAverages: false }, fold, rows, {
    signal,
    onEpoch: (metrics) => onEpoch?.(metrics, true),
  });
  if (first.status !== 'done') return first;
  const predictTask: PredictTask = { plan, engine, solutions: first.solutions, images: others };
  const probabilities: Float32Array = await pool.run(predictTask, { name: 'predict', signal });
  const { images, rows: pseudo } = pseudoLabelled(joined, probabilities, plan.classes, confidence);
  const second = await runFold(pool, { ...task, images }, fold, { ...rows, pseudo }, { signal, onEpoch });
  if (second.status !== 'done') return second;
  return { ...second, seconds: first.seconds + second.seconds, pseudoLabels: pseudo.length };
}

/**
 * Trains and scores one fold on the pool.
 * @throws AbortError when the signal aborts; UserError for a batch that is too large
 */
export async function runFold(
  pool: Piscina,
  task: CrossValidationTask,
  fold: number,
  rows: FoldRows,
  { signal, onEpoch }: FoldOptions = {},
): Promise<FoldRun> {
  const { images, plan } = task;
  // Checked here, since an error from a thread loses its type.
  checkMemory(plan, task.engine, Math.min(task.parameters.batchSize, rows.train.length));
  const stop = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const { port1, port2 } = new MessageChannel();
  const stopped = Promise.withResolvers<{ readonly status: 'stopped' }>();
  let delivered = 0;
  const deliver = (metrics: EpochMetrics): void => {
    if (stop[0] !== 0) return;
    delivered += 1;
    if (onEpoch?.(metrics, false) !== false) return;
    Atomics.store(stop, 0, 1);
    stopped.resolve({ status: 'stopped' });
  };
  port1.on('message', ({ isTeacher, metrics }: EpochMessage) =>
    isTeacher ? onEpoch?.(metrics, true) : deliver(metrics),
  );
  const foldTask: FoldTask = {
    plan,
    engine: task.engine,
    method: task.method,
    parameters: task.parameters,
    epochs: task.epochs,
    images,
    seed: foldSeed(task.seed, fold),
    trainIndices: rows.train,
    validationIndices: rows.validation,
    ...(task.withAverages && { withAverages: true }),
    ...(rows.pseudo && { pseudoIndices: rows.pseudo }),
    port: port2,
    stop,
  };
  try {
    const run = pool.run(foldTask, { name: 'trainFold', transferList: [port2], signal }) as Promise<FoldOutcome>;
    const outcome = await Promise.race([run, stopped.promise]);
    if (outcome.status === 'stopped') {
      // The thread finishes its epoch by itself.
      run.catch(() => {});
      return { status: 'stopped' };
    }
    // The outcome may overtake the messages of the last epochs.
    for (const metrics of outcome.epochs.slice(delivered)) deliver(metrics);
    if (stop[0] !== 0) return { status: 'stopped' };
    if (outcome.status === 'diverged') {
      const { epoch, step, learningRate } = outcome;
      return { status: 'diverged', fold, epoch, step, learningRate };
    }
    return { status: 'done', ...foldResult(task, rows, outcome) };
  } finally {
    port1.close();
  }
}

/**
 * Seed of a fold. All methods of a comparison train their k-th fold from the same weights, with the same order of
 * images.
 */
export const foldSeed = (seed: number, fold: number): number => random(seed, 'fold', fold).integer(2 ** 32);

/** Scores the validation images of a fold. */
export function foldResult(
  { images, plan }: ValidationTask,
  { validation }: FoldRows,
  { probabilities, ...others }: FoldScores & Pick<FoldResult, 'epochs' | 'seconds' | keyof TrainingEnd>,
): FoldResult {
  const labels = Uint16Array.from(validation, (row) => images.labels[row]);
  return {
    ...others,
    validation: scorePredictions(predictionsOf(probabilities, labels, plan.classes), images.metric),
    probabilities,
  };
}
