/**
 * The front door of the package: load a competition's images, train with folds, predict, submit.
 *
 *     import { loadData, submit, train } from 'wide-optima';
 *
 *     const data = await loadData('synthetic-digits');
 *     const ensemble = await train(data, { method: 'swa', epochs: 5, folds: 3 });
 *     console.log(ensemble.outOfFold); // { accuracy, n, standardError }
 *     const probabilities = await ensemble.predict(data.test.images);
 *
 *     const result = await submit({ competition: 'synthetic-digits', methods: ['plain', 'swa'], epochs: 5 });
 *     console.log(result.comparison?.sentence);
 *
 * The other doors are `wide-optima/search`, `/data`, `/models`, `/pipeline` and `/analysis`.
 */
import { z } from 'zod';
import {
  type Competition,
  findCompetition,
  type Images,
  type Inversion,
  type LabelledImages,
  loadOnce,
  loadTest,
  loadTrain,
  MOST_FOLDS,
  type TestImages,
} from './data/index.ts';
import {
  AUTO,
  chooseModel,
  createNetwork,
  findModel,
  type ModelChoice,
  type ModelName,
  type Plan,
  planFor,
} from './models/index.ts';
import {
  expectTwoPoints,
  stepsPerEpoch,
  crossValidate,
  type FoldResult,
  DivergedError,
  type Score,
  methodFor,
  type Parameters,
  parametersSchema,
  withPool,
  defaultWorkers,
  foldsOfViews,
  MOST_VIEWS,
  outOfFoldRows,
  type EpochMetrics,
  type MethodName,
} from './pipeline/index.ts';
import type { SubmitResult } from './records/index.ts';
import { type NewPrediction, openEnsemble, predictNewImages, submit as submitMethods } from './submissions/index.ts';
import { UserError } from './base/user-error.ts';
import { validate } from './base/validate.ts';

export { UserError };
export { competitions } from './data/index.ts';
export { methods } from './pipeline/index.ts';
export { models } from './models/index.ts';
export { DivergedError, type Competition, type Parameters, type Score, type SubmitResult };

export interface CompetitionData {
  readonly competition: Competition;
  readonly train: LabelledImages;
  readonly test: TestImages;
}

/**
 * The images of a competition; those of `synthetic-digits` are made on first use.
 * @param dataDir folder of its files. Default: `data/raw/<competition>`
 * @throws UserError if there is no such competition, or its files are missing or damaged
 */
export async function loadData(competition: string, dataDir?: string): Promise<CompetitionData> {
  const found = findCompetition(competition);
  return {
    competition: found,
    train: await loadTrain(found, { dataDir }),
    test: await loadTest(found, { dataDir }),
  };
}

export interface TrainingOptions {
  /** Name of a registered model, or `auto` for one that suits the size, the colours and the number of the images. Default: `auto`. */
  readonly model?: ModelChoice;
  /** Parameters that replace the method's defaults. */
  readonly parameters?: Partial<Parameters>;
  /** Default: those of the model if it has any, else 12, with which SWA averages two points. */
  readonly epochs?: number;
  /** At least 2. Default: 5. */
  readonly folds?: number;
  /**
   * Folds that are trained, the first ones: 1 … folds. One of 10 folds is a holdout of a tenth of the images, as
   * `submit --holdout 0.1`. Scores and predictions out of fold are of these. Default: all.
   */
  readonly trainFolds?: number;
  /** The same seed gives the same bits for any number of workers. Default: 1. */
  readonly seed?: number;
  /** Default: `simd`. */
  readonly engine?: string;
  /** Threads. Default: one for each core. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
}

export interface TrainOptions extends TrainingOptions {
  /** Default: `swa`. */
  readonly method?: MethodName;
  /** @param isTeacher whether the epoch was one of a teacher, whose predictions the network that counts will learn */
  readonly onEpoch?: (fold: number, metrics: EpochMetrics, isTeacher: boolean) => void;
}

/** The networks of all folds, which predict together. */
export interface TrainedEnsemble {
  readonly plan: Plan;
  readonly parameters: Parameters;
  readonly folds: readonly FoldResult[];
  /** Mean over the folds, on the images that each was trained on. */
  readonly train: Score;
  /** Scores the images of `outOfFoldRows`, each predicted by the fold that did not train on it. */
  readonly outOfFold: Score;
  /** The training images that a trained fold did not train on, ascending: all of them, if all folds are trained. */
  readonly outOfFoldRows: Uint32Array;
  /** f32[outOfFoldRows × classes], each from the fold that did not train on the image. */
  readonly outOfFoldProbabilities: Float32Array;
  /** @returns f32[images × classes], the mean over the folds */
  predict(images: Images): Promise<Float32Array>;
}

/**
 * Trains one method by k-fold cross-validation.
 * @throws UserError for an unknown name, a parameter out of range or a training too short for the method; DivergedError; AbortError when the signal aborts
 */
export async function train(data: CompetitionData, options: TrainOptions = {}): Promise<TrainedEnsemble> {
  const { method = 'swa', signal, onEpoch } = options;
  const { folds, trainFolds, seed, workers, ...given } = validate(trainSchema, options, 'the options');
  const count = async (): Promise<number> => data.train.count;
  const { model, engine, epochs } = await withDefaults(options, given, data.competition, count);
  const plan = await planFor(model, data.competition, async () => data.train);
  const network = await createNetwork(plan, engine);
  const parameters = parametersOf(method, model, options.parameters);
  expectTwoPoints(method, parameters, epochs, stepsPerEpoch(data.train.count, folds, parameters.batchSize));
  const task = { plan, engine, method, parameters, epochs, folds, trainFolds, seed, images: data.train };
  return withPool(workers, async (pool) => {
    const result = await crossValidate(pool, task, { signal, onEpoch });
    if (result.status === 'diverged') {
      const { fold, epoch } = result;
      throw new DivergedError(`${method}: fold ${fold + 1} diverged in epoch ${epoch + 1}. Lower \`learningRate\`.`);
    }
    const members = result.folds.map(({ solutions }) => solutions);
    return {
      plan,
      parameters,
      folds: result.folds,
      train: result.train,
      outOfFold: result.outOfFold,
      outOfFoldRows: outOfFoldRows(task),
      outOfFoldProbabilities: result.probabilities,
      predict: (images) => foldsOfViews(network, members, images),
    };
  });
}

export interface SubmitOptions extends TrainingOptions {
  readonly competition: string;
  /** Folder of its files. Default: `data/raw/<competition>`. */
  readonly dataDir?: string;
  /** One or more. Default: `plain` and `swa`. */
  readonly methods?: readonly MethodName[];
  /** Changed views of each image that are predicted too (test-time augmentation). Default: none. */
  readonly ttaViews?: number;
  /** Receives a folder for the submit. Default: `submissions/<competition>`. */
  readonly outDir?: string;
  /** Name of that folder. Default: the time and the methods. */
  readonly name?: string;
  /** Receives a run record for each method. Default: `runs`. */
  readonly runsDir?: string;
}

/**
 * Trains each method, writes its submission and compares them, as `wide-optima submit` does.
 * @throws UserError, DivergedError, AbortError as `train`
 */
export async function submit(options: SubmitOptions): Promise<SubmitResult> {
  const { folds, trainFolds, seed, workers, ttaViews, ...given } = validate(submitSchema, options, 'the options');
  const { methods: ids = ['plain', 'swa'], dataDir, name, runsDir = 'runs', signal } = options;
  const competition = findCompetition(options.competition);
  const images = loadOnce(competition, { dataDir });
  const count = async (): Promise<number> => (await images.train()).count;
  const { model, engine, epochs } = await withDefaults(options, given, competition, count);
  const training = { engine, epochs, folds, trainFolds, seed, ttaViews };
  const plan = await planFor(model, competition, images.train);
  const chosen = ids.map((id) => ({
    id,
    parameters: parametersOf(id, model, options.parameters),
    paramsFrom: 'options',
  }));
  const outDir = options.outDir ?? `submissions/${competition.id}`;
  return withPool(workers, (pool) =>
    submitMethods(
      pool,
      { ...training, competition, dataDir, images, plan, methods: chosen, outDir, name, runsDir },
      { signal },
    ),
  );
}

export interface PredictOptions {
  /** Folder of the run, for example `runs/20260102T030405.678Z-digit-recognizer-swa-1a2b3c4d`. */
  readonly run: string;
  /** Image files, folders of them, and tables with an image in each row. */
  readonly files: readonly string[];
  /** Folder of the competition's files. Default: `data/raw/<competition>`. */
  readonly dataDir?: string;
  /** Whether dark on light becomes light on dark, or the other way round. Default: `auto`, as the border of each image tells. */
  readonly invert?: Inversion;
  /** Test-time augmentation: changed views of each image, as `submit` has them. Default: those of the run. */
  readonly ttaViews?: number;
  /** Leaves out image files that cannot be read. Default: false. */
  readonly skipBroken?: boolean;
  readonly signal?: AbortSignal;
}

export interface PredictResult {
  /** Names of the classes, in the order of the probabilities. */
  readonly classes: readonly string[];
  readonly images: readonly NewPrediction[];
  /** What was done to images so that they are as the networks saw them, in sentences. */
  readonly changes: readonly string[];
  /** Files that were left out. */
  readonly skipped: readonly string[];
}

/**
 * Predicts any images with the networks of a run, as `wide-optima predict` does.
 * @throws UserError for a run without weights, or images that cannot be read or are of another size in a table; AbortError
 */
export async function predict(options: PredictOptions): Promise<PredictResult> {
  validate(predictSchema, options, 'the options');
  const { run, ttaViews, ...task } = options;
  const ensemble = await openEnsemble(run, { ttaViews });
  const { batches, changes, notes, skipped } = await predictNewImages(ensemble, task);
  const images = (await Array.fromAsync(batches)).flat();
  const sentences = [...changes.list().map(({ sentence }) => sentence), ...notes];
  return { classes: ensemble.competition.classes, images, changes: sentences, skipped };
}

const whole = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  const range =
    most === Number.MAX_SAFE_INTEGER ? `a whole number of at least ${least}` : `a whole number in ${least} … ${most}`;
  return z.int(range).min(least, range).max(most, range);
};

/** Options that are checked where they are used. */
const others = <Name extends string>(...names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, z.unknown().optional()])) as Record<Name, z.ZodOptional<z.ZodUnknown>>;

const trainingOptions = {
  epochs: whole(1).optional(),
  folds: whole(2, MOST_FOLDS).default(5),
  trainFolds: whole(1, MOST_FOLDS).optional(),
  seed: whole(0).default(1),
  workers: whole(1).default(defaultWorkers),
  ...others('model', 'parameters', 'engine', 'signal'),
};
const hasItsFolds = ({
  folds,
  trainFolds = folds,
}: {
  readonly folds: number;
  readonly trainFolds?: number;
}): boolean => trainFolds <= folds;
const atMostFolds = { path: ['trainFolds'], error: 'at most the folds' };

const trainSchema = z
  .strictObject({ ...trainingOptions, ...others('method', 'onEpoch') })
  .refine(hasItsFolds, atMostFolds);
const submitSchema = z
  .strictObject({
    ...trainingOptions,
    ttaViews: whole(1, MOST_VIEWS).optional(),
    ...others('competition', 'dataDir', 'methods', 'outDir', 'name', 'runsDir'),
  })
  .refine(hasItsFolds, atMostFolds);
const predictSchema = z.strictObject(others('run', 'files', 'dataDir', 'invert', 'ttaViews', 'skipBroken', 'signal'));

/** @param count of training images */
async function withDefaults(
  { model: choice = AUTO, engine = 'simd' }: TrainingOptions,
  { epochs }: { readonly epochs?: number },
  { shape }: Competition,
  count: () => Promise<number>,
) {
  const model = choice === AUTO ? (await chooseModel(shape, count)).model : choice;
  return { model, engine, epochs: epochs ?? findModel(model).defaults?.epochs ?? 12 };
}

const parametersOf = (method: MethodName, model: ModelName, changed: Partial<Parameters> = {}): Parameters =>
  validate(parametersSchema, { ...methodFor(method, model).defaults, ...changed }, `the parameters of ${method}`);
