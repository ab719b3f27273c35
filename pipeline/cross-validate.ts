/** k-fold cross-validation of one method: every image is predicted by networks that were not trained on it. */
import type { Piscina } from 'piscina';
import { type Augmentation, foldRows, planFolds, view } from '../data/index.ts';
import { random } from '../numerics/random.ts';
import { mean } from '../numerics/statistics.ts';
import { type Averages, eachAverage } from './averages.ts';
import { predictionsOf, score, SCORED_TRAINING_IMAGES, scorePredictions, type Score } from './evaluate.ts';
import { pickRows, placeRows } from './predict.ts';
import { joinImages } from './pseudo-labels.ts';
import {
  type CrossValidationTask,
  type Divergence,
  foldResult,
  foldSeed,
  type FoldResult,
  type FoldRows,
  type FoldRun,
  runFold,
  runTwice,
  type ValidationTask,
} from './run-fold.ts';
import type { EpochMetrics } from './train.ts';
import type { TestTimeAugmentation } from './tta.ts';
import type { FoldScores, PredictTask, ScoreTask } from './worker.ts';

export interface ValidatedFolds {
  readonly status: 'done';
  readonly folds: FoldResult[];
  /** Mean over the folds; n counts images that were trained on and scored. */
  readonly train: Score;
  readonly outOfFold: Score;
  /** Out of fold, by averages of the trajectories; absent unless they were asked for. */
  readonly averages?: Averages<Score>;
  /** f32[n × classes]: the prediction of the fold that validated each of `outOfFoldRows`. */
  readonly probabilities: Float32Array;
}

export type CrossValidation =
  | ValidatedFolds
  /** The first fold that diverged. */
  | Divergence;

export interface CrossValidationOptions {
  readonly signal?: AbortSignal;
  /** @param isTeacher whether the epoch is of a teacher, whose predictions the network that counts will learn */
  readonly onEpoch?: (fold: number, metrics: EpochMetrics, isTeacher: boolean) => void;
  /** Called after a fold is trained and scored. */
  readonly onFold?: (fold: number, result: FoldResult) => void;
  /** Folds that were trained before with the same task. They are used as they are, without a call of `onFold`. */
  readonly known?: ReadonlyMap<number, FoldResult>;
}

type FoldsTask = Pick<CrossValidationTask, 'images' | 'folds' | 'trainFolds' | 'seed'>;

/** The rows of each trained fold. @throws UserError as `planFolds`; RangeError for more trained folds than there are */
export function makeFolds({ images, folds, trainFolds = folds, seed }: FoldsTask): FoldRows[] {
  if (!Number.isInteger(trainFolds) || trainFolds < 1 || trainFolds > folds) {
    throw new RangeError(`Expected \`trainFolds\` to be an integer in 1 … ${folds}, got ${trainFolds}.`);
  }
  const foldOf = planFolds(images, folds, seed);
  return Array.from({ length: trainFolds }, (_, fold) => {
    const rows = foldRows(foldOf, fold);
    // The file may be sorted by class; batches and samples of the training images must not be.
    random(seed, 'order', fold).shuffle(rows.train);
    return rows;
  });
}

/** The images with an out-of-fold prediction, ascending: all of them if all folds are trained. */
export const outOfFoldRows = (task: FoldsTask): Uint32Array => validatedRows(makeFolds(task));

const validatedRows = (rows: readonly FoldRows[]): Uint32Array =>
  Uint32Array.from(rows.flatMap(({ validation }) => Array.from(validation))).toSorted();

/**
 * Trains the folds in parallel on the pool. The result does not depend on the number of workers.
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

/**
 * Cross-validates weights that were trained on the same folds, with statistics that are measured again.
 * @param augment of their training
 * @param weights of each fold, one or more f32[P] that predict together
 * @throws AbortError when the signal aborts
 */
export async function validateWeights(
  pool: Piscina,
  task: ValidationTask,
  weights: readonly (readonly Float32Array[])[],
  augment: Augmentation,
  { signal }: { signal?: AbortSignal } = {},
): Promise<ValidatedFolds> {
  const { plan, engine, images, seed } = task;
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
        augment,
        seed: foldSeed(seed, fold),
      };
      const scores = (await pool.run(scoreTask, { name: 'scoreFold', signal })) as FoldScores;
      const seconds = (performance.now() - started) / 1000;
      return foldResult(task, rows[fold], { ...scores, epochs: [], ended: 'epochs', restoredEpoch: null, seconds });
    }),
  );
  return joinFolds(task, rows, results);
}

/**
 * Predicts the validation images again with test-time augmentation. Training scores stay those without augmentation.
 * @param folds the trained folds
 * @returns the folds with the new predictions and scores
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
  const validated = validatedRows(rows);
  const joined = (of: (fold: FoldResult) => Float32Array): Float32Array => {
    const placed = new Float32Array(images.count * plan.classes);
    for (const [fold, result] of folds.entries()) placeRows(placed, of(result), rows[fold].validation);
    return pickRows(placed, validated, plan.classes);
  };
  const scored = (predicted: Float32Array): Score =>
    scorePredictions(predictionsOf(predicted, labels, plan.classes), images.metric);
  const probabilities = joined((fold) => fold.probabilities);
  const labels = Uint16Array.from(validated, (row) => images.labels[row]);
  const sampled = new Set(rows.flatMap(({ train }) => Array.from(train.subarray(0, SCORED_TRAINING_IMAGES)))).size;
  const hasAverages = folds.every(({ averages }) => averages !== undefined);
  const trainAccuracy = mean(folds.map(({ train }) => train.accuracy));
  const trainMetrics = folds.flatMap(({ train }) => train.metric ?? []);
  return {
    status: 'done',
    folds,
    train: {
      ...score(trainAccuracy * sampled, sampled),
      ...(trainMetrics.length > 0 && {
        metric: {
          ...trainMetrics[0],
          value: mean(trainMetrics.map(({ value }) => value)),
          // The folds share most training images, so that the mean is hardly more precise than one of them.
          standardError: mean(trainMetrics.map(({ standardError }) => standardError)),
        },
      }),
    },
    outOfFold: scored(probabilities),
    ...(hasAverages && { averages: eachAverage((name) => scored(joined((fold) => fold.averages![name]))) }),
    probabilities,
  };
}
