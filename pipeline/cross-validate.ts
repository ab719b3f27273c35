/** k-fold cross-validation of one method: every image is predicted by a network that never trained on it. */
import { MessageChannel } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { type LabelledImages, foldRows, planFolds, view } from '../data/index.ts';
import { random } from '../numerics/random.ts';
import { mean } from '../numerics/statistics.ts';
import { checkMemory, type Plan, type Solution } from '../models/index.ts';
import { predictionsOf, score, scorePredictions, type Score } from './evaluate.ts';
import type { MethodName } from './methods/index.ts';
import type { Parameters } from './parameters.ts';
import { pickRows, placeRows } from './predict.ts';
import { joinImages, type Joined, pseudoLabelled, type PseudoLabelling } from './pseudo-labels.ts';
import type { DivergencePlace, EpochMetrics, TrainingEnd } from './train.ts';
import type { TestTimeAugmentation } from './tta.ts';
import type { EpochMessage, FoldOutcome, FoldScores, FoldTask, PredictTask, ScoreTask } from './worker.ts';

export interface CrossValidationTask {
  readonly plan: Plan;
  /** `simd` or `tfjs[:backend]`. */
  readonly engine: string;
  readonly method: MethodName;
  readonly parameters: Parameters;
  readonly epochs: number;
  readonly folds: number;
  /** Folds that are trained, the first ones: one is a training with a holdout. Default: all. */
  readonly trainFolds?: number;
  readonly seed: number;
  readonly images: LabelledImages;
  /** Images without labels, for a second training of each fold. Default: none. */
  readonly pseudoLabels?: PseudoLabelling;
}

export interface FoldResult extends TrainingEnd {
  readonly train: Score;
  readonly validation: Score;
  readonly epochs: EpochMetrics[];
  /** Weights with their statistics; more than one where a method predicts with several. */
  readonly solutions: Solution[];
  /** f32[validation images × classes], in the order of the fold's validation rows. */
  readonly probabilities: Float32Array;
  readonly seconds: number;
  /** Images without labels that the second training has learned from; absent where there was one training alone. */
  readonly pseudoLabels?: number;
}

export interface Divergence extends DivergencePlace {
  readonly status: 'diverged';
  /** Counted from 0. */
  readonly fold: number;
}

export type FoldRun = ({ readonly status: 'done' } & FoldResult) | Divergence | { readonly status: 'stopped' };

export interface ValidatedFolds {
  readonly status: 'done';
  readonly folds: FoldResult[];
  /** Mean over the folds; n counts images that were trained on. */
  readonly train: Score;
  readonly outOfFold: Score;
  /** f32[n × classes]: the prediction of the fold that validated each of `outOfFoldRows`. */
  readonly probabilities: Float32Array;
}

export type CrossValidation =
  | ValidatedFolds
  /** Number of the first fold that diverged, counted from 0. */
  | Divergence;

export interface CrossValidationOptions {
  readonly signal?: AbortSignal;
  /** @param isTeacher whether the epoch was one of a teacher, whose labels the network that counts will learn */
  readonly onEpoch?: (fold: number, metrics: EpochMetrics, isTeacher: boolean) => void;
  /** After a fold is trained and scored. */
  readonly onFold?: (fold: number, result: FoldResult) => void;
  /** Folds that were trained before, with the same task: they are taken as they are, and told to nobody. */
  readonly known?: ReadonlyMap<number, FoldResult>;
}

export interface FoldOptions {
  readonly signal?: AbortSignal;
  /**
   * Return false to stop the fold: later epochs are neither reported nor waited for. A teacher cannot be stopped.
   * @param isTeacher as for `CrossValidationOptions`
   */
  readonly onEpoch?: (metrics: EpochMetrics, isTeacher: boolean) => boolean | void;
}

/** Rows of the images by fold: the same for every method and all parameters. */
export interface FoldRows {
  readonly train: Uint32Array;
  readonly validation: Uint32Array;
  /** Learned from besides, and never scored. */
  readonly pseudo?: Uint32Array;
}

type FoldsTask = Pick<CrossValidationTask, 'images' | 'folds' | 'trainFolds' | 'seed'>;

/** Those that are trained. @throws UserError as `planFolds`; RangeError for more trained folds than there are */
export function makeFolds({ images, folds, trainFolds = folds, seed }: FoldsTask): FoldRows[] {
  if (!Number.isInteger(trainFolds) || trainFolds < 1 || trainFolds > folds) {
    throw new RangeError(`Expected \`trainFolds\` to be an integer in 1 … ${folds}, got ${trainFolds}.`);
  }
  const foldOf = planFolds(images, folds, seed);
  return Array.from({ length: trainFolds }, (_, fold) => {
    const rows = foldRows(foldOf, fold);
    // The order in the file may be sorted; batches and samples of the training images must not be.
    random(seed, 'order', fold).shuffle(rows.train);
    return rows;
  });
}

/** The images with an out-of-fold prediction, ascending: all of them if all folds are trained. */
export const outOfFoldRows = (task: FoldsTask): Uint32Array => validatedRows(makeFolds(task));

const validatedRows = (rows: readonly FoldRows[]): Uint32Array =>
  Uint32Array.from(rows.flatMap(({ validation }) => Array.from(validation))).toSorted();

/**
 * Trains the folds side by side on the pool. The result does not depend on the number of workers.
 * @throws UserError as `planFolds`
 * @throws AbortError when the signal aborts
 */
export async function crossValidate(
  pool: Piscina,
  task: CrossValidationTask,
  { signal, onEpoch, onFold, known }: CrossValidationOptions = {},
): Promise<CrossValidation> {
  const rows = makeFolds(task);
  const joined = task.pseudoLabels && joinImages(task.images, task.pseudoLabels);
  const runs = await Promise.all(
    rows.map(async (ofFold, fold): Promise<FoldRun> => {
      const before = known?.get(fold);
      if (before) return { status: 'done', ...before };
      const tell = (metrics: EpochMetrics, isTeacher: boolean): void => onEpoch?.(fold, metrics, isTeacher);
      const run = joined
        ? await runTwice(pool, task, fold, ofFold, joined, { signal, onEpoch: tell })
        : await runFold(pool, task, fold, ofFold, { signal, onEpoch: tell });
      if (run.status === 'done') onFold?.(fold, run);
      return run;
    }),
  );
  const results: FoldResult[] = [];
  for (const [fold, run] of runs.entries()) {
    if (run.status === 'stopped') throw new Error(`fold ${fold} was stopped by nobody`);
    if (run.status === 'diverged') return run;
    results.push(run);
  }
  return joinFolds(task, rows, results);
}

/** What decides the folds and how they are scored, without the training. */
export type ValidationTask = Pick<CrossValidationTask, 'plan' | 'engine' | 'images' | 'folds' | 'trainFolds' | 'seed'>;

/**
 * Cross-validates weights that were trained on the same folds before, with statistics measured anew.
 * @param weights of each fold, one or more f32[P] that predict together
 * @throws AbortError when the signal aborts
 */
export async function validateWeights(
  pool: Piscina,
  task: ValidationTask,
  weights: readonly (readonly Float32Array[])[],
  { signal }: { signal?: AbortSignal } = {},
): Promise<ValidatedFolds> {
  const { plan, engine, images } = task;
  const rows = makeFolds(task);
  const results = await Promise.all(
    rows.map(async ({ train, validation }, fold) => {
      const started = performance.now();
      const scoreTask: ScoreTask = {
        plan,
        engine,
        images,
        trainIndices: train,
        validationIndices: validation,
        weights: weights[fold],
      };
      const scores = (await pool.run(scoreTask, { name: 'scoreFold', signal })) as FoldScores;
      const seconds = (performance.now() - started) / 1000;
      return foldResult(task, rows[fold], { ...scores, epochs: [], ended: 'epochs', restoredEpoch: null, seconds });
    }),
  );
  return joinFolds(task, rows, results);
}

/**
 * The folds as they were trained, with the predictions and scores that their networks have with test-time augmentation of
 * the validation images. Training scores stay those of the images as they are.
 * @throws AbortError when the signal aborts
 */
export async function predictValidation(
  pool: Piscina,
  task: ValidationTask,
  folds: readonly FoldResult[],
  tta: TestTimeAugmentation,
  { signal }: { signal?: AbortSignal } = {},
): Promise<ValidatedFolds> {
  const { plan, engine, images } = task;
  const rows = makeFolds(task);
  const results = await Promise.all(
    folds.map(async (fold, i) => {
      const { solutions } = fold;
      const predictTask: PredictTask = { plan, engine, solutions, images: view(images, rows[i].validation), tta };
      const probabilities: Float32Array = await pool.run(predictTask, { name: 'predict', signal });
      return foldResult(task, rows[i], { ...fold, probabilities });
    }),
  );
  return joinFolds(task, rows, results);
}

function joinFolds({ images, plan }: ValidationTask, rows: readonly FoldRows[], folds: FoldResult[]): ValidatedFolds {
  const placed = new Float32Array(images.count * plan.classes);
  for (const [fold, result] of folds.entries()) placeRows(placed, result.probabilities, rows[fold].validation);
  const validated = validatedRows(rows);
  const probabilities = pickRows(placed, validated, plan.classes);
  const labels = Uint16Array.from(validated, (row) => images.labels[row]);
  const trained = rows.length === 1 ? rows[0].train.length : images.count;
  const trainAccuracy = mean(folds.map(({ train }) => train.accuracy));
  const trainMetrics = folds.flatMap(({ train }) => train.metric ?? []);
  return {
    status: 'done',
    folds,
    train: {
      ...score(trainAccuracy * trained, trained),
      ...(trainMetrics.length > 0 && {
        metric: {
          ...trainMetrics[0],
          value: mean(trainMetrics.map(({ value }) => value)),
          // Most images are in all of the folds, so that the mean is hardly surer than one of them.
          standardError: mean(trainMetrics.map(({ standardError }) => standardError)),
        },
      }),
    },
    outOfFold: scorePredictions(predictionsOf(probabilities, labels, plan.classes), images.metric),
    probabilities,
  };
}

function foldResult(
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

/** Trains a fold, and again on what the first network is sure of besides. */
async function runTwice(
  pool: Piscina,
  task: CrossValidationTask,
  fold: number,
  rows: FoldRows,
  joined: Joined,
  { signal, onEpoch }: FoldOptions,
): Promise<FoldRun> {
  const { plan, engine } = task;
  const { confidence, images: others } = task.pseudoLabels!;
  const first = await runFold(pool, task, fold, rows, { signal, onEpoch: (metrics) => onEpoch?.(metrics, true) });
  if (first.status !== 'done') return first;
  const predictTask: PredictTask = { plan, engine, solutions: first.solutions, images: others };
  const probabilities: Float32Array = await pool.run(predictTask, { name: 'predict', signal });
  const { images, rows: pseudo } = pseudoLabelled(joined, probabilities, plan.classes, confidence);
  const second = await runFold(pool, { ...task, images }, fold, { ...rows, pseudo }, { signal, onEpoch });
  if (second.status !== 'done') return second;
  return { ...second, seconds: first.seconds + second.seconds, pseudoLabels: pseudo.length };
}

/** Trains and scores one fold on the pool. @throws AbortError when the signal aborts; UserError for a batch that is too large */
export async function runFold(
  pool: Piscina,
  task: CrossValidationTask,
  fold: number,
  rows: FoldRows,
  { signal, onEpoch }: FoldOptions = {},
): Promise<FoldRun> {
  const { images, plan } = task;
  // An error that comes out of a thread has lost its type.
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
    ...(rows.pseudo && { pseudoIndices: rows.pseudo }),
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
 * Seed of a fold: both methods of a comparison start their k-th fold from the same weights, with the same order of
 * images.
 */
export const foldSeed = (seed: number, fold: number): number => random(seed, 'fold', fold).integer(2 ** 32);
