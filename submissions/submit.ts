/** From methods and data to submissions: cross-validate, predict with all folds, write, score, compare. */
import { shortNumber } from '../base/format.ts';
import { basename, join } from 'node:path';
import type { Piscina } from 'piscina';
import {
  type Competition,
  type LabelledImages,
  type LoadedOnce,
  loadOnce,
  type TestImages,
  loadSampleSubmission,
  stratifiedFolds,
} from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { createNetwork, engineOfBits, modelName, type Solution, type Plan } from '../models/index.ts';
import {
  crossValidate,
  compositionOf,
  expectTwoPoints,
  stepsPerEpoch,
  type ValidatedFolds,
  predictedLabels,
  predictionsOf,
  DivergedError,
  type Parameters,
  type MethodName,
  type RunMethodName,
  findMethod,
  methodOfRun,
  divergenceRemedy,
  averageProbabilities,
  type EpochMetrics,
  type TrainingEnd,
  type PredictTask,
} from '../pipeline/index.ts';
import {
  type Run,
  writeRun,
  COMPARISON_JSON,
  COMPARISON_MARKDOWN,
  type MethodResult,
  resultJson,
  resultJsonBeginning,
  type SubmitResult,
} from '../records/index.ts';
import { checkedName } from '../base/checked-name.ts';
import { compareMethods, type Contender } from './compare.ts';
import { writeOrElsewhere } from '../base/other-place.ts';
import { displayPath } from '../base/paths.ts';
import { codeOf } from '../base/system-error.ts';
import { expectOwn, type OwnFile, prepareFolder, writeTogether } from '../base/output-files.ts';
import { expectFreeRunNames } from './run-names.ts';
import { type Answers, answeredPredictions, loadAnswers, rightAnswers, scoreAnswers } from './score.ts';
import { expectFreeName, LATEST, releaseFolder, reserveFolder, writeLatest } from './submit-folder.ts';
import { checkSample, submissionCsv, submissionDigest, submissionHeader } from './submission.ts';
import { comparisonMarkdown, markdownBeginning } from './table.ts';

export interface SubmitMethod {
  readonly id: MethodName;
  readonly parameters: Parameters;
  /** Where the parameters came from, for the records. */
  readonly paramsFrom: string;
}

export interface SubmitTask {
  readonly competition: Competition;
  /** Folder of the competition's files. Default: that of the competition. */
  readonly dataDir?: string;
  /** Its images, where other work needs them too. Default: loaded from the folder. */
  readonly images?: LoadedOnce;
  readonly plan: Plan;
  /** `simd` or `tfjs[:backend]`. */
  readonly engine: string;
  /** One or more, all different. */
  readonly methods: readonly SubmitMethod[];
  readonly epochs: number;
  readonly folds: number;
  readonly seed: number;
  /** Default: the competition's own answers, where it has any. */
  readonly solutionFile?: string;
  /** Receives a folder with `<method>.csv`, `comparison.json` and `comparison.md`, and a copy of it as `latest`. */
  readonly outDir: string;
  /** Name of that folder and its runs, if no other folder has it. Default: the time and the methods. */
  readonly name?: string;
  /** Receives a folder for each method's run. */
  readonly runsDir: string;
}

export interface SubmitProgress {
  readonly signal?: AbortSignal;
  /** Before a method's first fold. */
  onMethod?(id: MethodName): void;
  /** @param isTeacher whether the epoch was one of a teacher, whose labels the network that counts will learn */
  onEpoch?(method: MethodName, fold: number, metrics: EpochMetrics, isTeacher: boolean): void;
  onFold?(method: MethodName, fold: number, end: TrainingEnd): void;
  /** Something could not be written where it was meant to be: why, and where it is. */
  onMoved?(sentence: string): void;
}

/**
 * Makes one submission for each method and compares them. Everything that can be wrong with files, folders and options
 * is found before training starts; answers to the test images are used for nothing but the scores.
 * @throws UserError for input that does not fit, or a folder that cannot be written
 * @throws DivergedError when a method diverges, AbortError when the signal aborts. The output folder stays as it was
 *   then; methods that were finished have their run records.
 */
export async function submit(pool: Piscina, given: SubmitTask, progress: SubmitProgress = {}): Promise<SubmitResult> {
  progress.signal?.throwIfAborted();
  const data = await prepare(given);
  const task = { ...given, runsDir: await preparedRuns(given, progress) };
  const { competition, engine, plan, epochs, folds, seed } = task;
  return inOwnFolder(task, task.methods, async (submitted) => {
    const methods: Record<string, MethodResult> = {};
    const contenders: Contender[] = [];
    const csvs: string[] = [];
    for (const method of task.methods) {
      progress.onMethod?.(method.id);
      const { result, contender, csv } = await runMethod(pool, submitted.task, data, method, progress);
      methods[method.id] = result;
      contenders.push(contender);
      csvs.push(csv);
    }
    const comparison = compareMethods(`${competition.id}, seed ${seed}`, contenders);
    const result = { seed, engine: engineOfBits(engine), model: plan.model, epochs, folds, methods, comparison };
    progress.signal?.throwIfAborted();
    return writeSubmit(submitted, result, csvs, progress);
  });
}

/** A submit whose folder is there and empty. */
export interface OwnFolder<Task> {
  /** With the folder of the submit as `outDir`. */
  readonly task: Task;
  /** The output folder, in which the folder of the submit is. */
  readonly root: string;
  readonly name: string;
  readonly startedAt: Date;
}

/** The runs of a submit of several methods have the method in their names. */
const runNameOf = (name: string, method: string, methods: number): string =>
  methods === 1 ? name : `${name}-${method}`;

/** Makes a folder for a submit, and takes it back if the work fails before anything is written to it. */
export async function inOwnFolder<Task extends Pick<SubmitTask, 'outDir' | 'name'>, T>(
  task: Task,
  methods: readonly { readonly id: string }[],
  work: (submitted: OwnFolder<Task & Pick<SubmissionTask, 'runName'>>) => Promise<T>,
): Promise<T> {
  const startedAt = new Date();
  const root = task.outDir;
  const { name: wanted } = task;
  const runName = wanted === undefined ? undefined : (method: string) => runNameOf(wanted, method, methods.length);
  const name = await reserveFolder(root, { wanted, startedAt, methods: methods.map(({ id }) => id) });
  try {
    return await work({ task: { ...task, outDir: join(root, name), runName }, root, name, startedAt });
  } catch (error) {
    await releaseFolder(root, name);
    throw error;
  }
}

/**
 * Writes the files of a submit, all together and at the end, and a copy of them as `latest`.
 * @param csvs of the methods in their order
 */
export async function writeSubmit(
  { task: { competition }, root, name, startedAt }: OwnFolder<Pick<SubmitTask, 'competition'>>,
  found: Omit<SubmitResult, 'competition' | 'name' | 'startedAt' | 'files'>,
  csvs: readonly string[],
  { onMoved }: Pick<SubmitProgress, 'onMoved'>,
): Promise<SubmitResult> {
  const resultIn = (folder: string): SubmitResult => ({
    competition: competition.id,
    name,
    startedAt: startedAt.toISOString(),
    ...found,
    methods: Object.fromEntries(
      Object.entries(found.methods).map(([id, result]) => [id, { ...result, submission: submissionFile(folder, id) }]),
    ),
    files: { json: join(folder, COMPARISON_JSON), markdown: join(folder, COMPARISON_MARKDOWN) },
  });
  const { result: written, moved } = await writeOrElsewhere(root, async (outDir) => {
    const result = resultIn(join(outDir, name));
    const files = filesOf(competition, result, csvs);
    await writeTogether(join(outDir, name), files);
    return { result, outDir, files };
  });
  if (moved !== null) onMoved?.(moved);
  try {
    await writeLatest(written.outDir, written.files);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    onMoved?.(`${error.message} ${displayPath(join(written.outDir, LATEST))} still has the submit before.`);
  }
  return written.result;
}

/** @param csvs of the methods in their order */
function filesOf(competition: Competition, result: SubmitResult, csvs: readonly string[]): OwnFile[] {
  return [
    ...Object.keys(result.methods).map((id, i) => submissionOutput(competition, id, csvs[i])),
    ...comparisonOutputs(competition, resultJson(result), comparisonMarkdown(result)),
  ];
}

/** The file of a method's submission. */
const submissionOutput = (competition: Competition, method: string, csv: string): OwnFile => ({
  name: basename(submissionFile('', method)),
  content: csv,
  beginning: submissionHeader(competition),
  what: 'a submission',
});

const comparisonOutputs = ({ id }: Competition, json: string, markdown: string): OwnFile[] => [
  { name: COMPARISON_JSON, content: json, beginning: resultJsonBeginning(id), what: `a comparison of ${id}` },
  { name: COMPARISON_MARKDOWN, content: markdown, beginning: markdownBeginning(id), what: `a comparison of ${id}` },
];

export interface Data {
  readonly train: LabelledImages;
  readonly test: TestImages;
  /** The test image of each row of the submission, null for their own order. */
  readonly order: Uint32Array | null;
  readonly answers: Answers | null;
}

/**
 * Loads and checks everything that can fail; folders are made last, when nothing else is wrong.
 * @throws UserError as `submit`
 */
export async function prepare(task: SubmitTask): Promise<Data> {
  const { methods } = task;
  const ids = methods.map(({ id }) => id);
  // Parameters that a method cannot run with must say so here, where their error keeps its kind.
  for (const { id, parameters } of methods)
    compositionOf(findMethod(id), parameters, { epochs: task.epochs, stepsPerEpoch: 1 });
  if (ids.length === 0 || new Set(ids).size < ids.length) {
    throw new UserError(`Expected one or more different methods, got "${ids.join(',')}". Name each once.`);
  }
  if (!Number.isInteger(task.epochs) || task.epochs < 1) {
    throw new RangeError(`Expected \`epochs\` to be a whole number of at least 1, got ${task.epochs}.`);
  }
  const data = await loadData(task);
  for (const { id, parameters } of methods) {
    const steps = stepsPerEpoch(data.train.count, task.folds, parameters.batchSize);
    expectTwoPoints(id, parameters, task.epochs, steps);
  }
  await prepareOutput(task, ids);
  await preparedRuns(task);
  return data;
}

/** @throws UserError if the name of the submit is taken, or something else is where its files will go */
export async function prepareOutput(
  { competition, outDir, runsDir, name }: Pick<SubmitTask, 'competition' | 'outDir' | 'runsDir' | 'name'>,
  methods: readonly string[],
): Promise<void> {
  const outputs = [
    ...methods.map((id) => submissionOutput(competition, id, '')),
    ...comparisonOutputs(competition, '', ''),
  ];
  for (const output of outputs) await expectOwn(join(outDir, LATEST, output.name), output.beginning, output.what);
  await prepareFolder(outDir);
  if (name === undefined) return;
  await expectFreeName(outDir, checkedName(name));
  await expectFreeRunNames(
    runsDir,
    methods.map((id) => runNameOf(name, id, methods.length)),
  );
}

/**
 * The folder for run records: that of the task or, if it is not writable, one in the output folder, which `onMoved`
 * tells.
 * @throws UserError if it cannot be written for another reason
 */
export async function preparedRuns(
  { outDir, runsDir }: Pick<SubmitTask, 'outDir' | 'runsDir'>,
  { onMoved }: Pick<SubmitProgress, 'onMoved'> = {},
): Promise<string> {
  try {
    await prepareFolder(runsDir);
    return runsDir;
  } catch (error) {
    const isForbidden = error instanceof UserError && ['EROFS', 'EACCES', 'EPERM'].includes(codeOf(error.cause));
    if (!isForbidden) throw error;
    const other = join(outDir, 'runs');
    await prepareFolder(other);
    onMoved?.(`${error.message} Runs go to ${displayPath(other)} in its place.`);
    return other;
  }
}

/** What decides data and folds of a submission, and where it goes. */
export interface SubmissionTask extends Omit<SubmitTask, 'methods'> {
  /** What to call the run of a method. */
  readonly runName?: (method: string) => string;
}

/** @throws UserError if a file does not fit, there are too few images for the folds, or the engine cannot be used */
export async function loadData(task: SubmissionTask): Promise<Data> {
  const {
    competition,
    dataDir,
    images = loadOnce(competition, { dataDir }),
    plan,
    engine,
    folds,
    seed,
    solutionFile,
  } = task;
  // An engine that cannot run the plan must say so here, where its error keeps its kind.
  await createNetwork(plan, engine);
  const train = await images.train();
  stratifiedFolds(train.labels, folds, seed, { classes: plan.classes, source: train.source });
  const test = await images.test();
  const sample = test.images.count > 0 ? await loadSampleSubmission(competition, { dataDir }) : null;
  const order = sample && checkSample(competition, test.ids, sample, dataDir);
  const answers = test.images.count > 0 ? await loadAnswers(competition, test, { dataDir, solutionFile }) : null;
  return { train, test, order, answers };
}

export const submissionFile = (folder: string, method: string): string => join(folder, `${method}.csv`);

async function runMethod(
  pool: Piscina,
  task: SubmitTask,
  data: Data,
  method: SubmitMethod,
  progress: SubmitProgress,
): Promise<Submitted> {
  const { engine, plan, epochs, folds, seed } = task;
  const { id, parameters } = method;
  const { signal } = progress;
  const startedAt = new Date();
  const started = performance.now();
  const validated = await crossValidate(
    pool,
    { plan, engine, method: id, parameters, epochs, folds, seed, images: data.train },
    {
      signal,
      onEpoch: (fold, metrics, isTeacher) => progress.onEpoch?.(id, fold, metrics, isTeacher),
      onFold: (fold, end) => progress.onFold?.(id, fold, end),
    },
  );
  if (validated.status === 'diverged') {
    const { fold, epoch, step, learningRate } = validated;
    const where = `fold ${fold + 1} diverged in epoch ${epoch + 1} (step ${step + 1})`;
    throw new DivergedError(
      `${id}: ${where} at learning rate ${shortNumber(learningRate)}. ` +
        divergenceRemedy(findMethod(id), parameters, (epoch + 1) / epochs),
    );
  }
  const { title } = findMethod(id);
  return submitValidated(pool, task, data, { ...method, title }, validated, {
    startedAt,
    started,
    signal,
    onMoved: (sentence) => progress.onMoved?.(sentence),
  });
}

interface Started extends Pick<SubmitProgress, 'onMoved'> {
  readonly startedAt: Date;
  /** On the clock of `performance.now`. */
  readonly started: number;
  readonly signal: AbortSignal | undefined;
}

export interface Submitted {
  readonly result: MethodResult;
  readonly contender: Contender;
  /** The text of the submission, which is not written yet. */
  readonly csv: string;
}

/**
 * What follows a cross-validation: predicts the test images with all folds, scores them and writes the run record.
 * @param started when the work began
 * @throws DivergedError for predictions that are no numbers, UserError if the record cannot be written
 */
export async function submitValidated(
  pool: Piscina,
  task: SubmissionTask,
  { train, test, order, answers }: Data,
  method: Omit<SubmitMethod, 'id'> & { readonly id: RunMethodName; readonly title: string },
  validated: ValidatedFolds,
  { startedAt, started, signal, onMoved }: Started,
): Promise<Submitted> {
  const { competition, engine, plan, epochs, folds, seed, runsDir, runName } = task;
  const { id, title, parameters, paramsFrom } = method;
  checkFinite(method, 'training images', validated.probabilities);
  const solutions = validated.folds.map((fold) => fold.solutions);
  const probabilities = await predictWithFolds(pool, task, solutions, test, signal);
  checkFinite(method, 'test images', probabilities);
  const labels = predictedLabels(probabilities, plan.classes);
  const outOfFold = predictedLabels(validated.probabilities, plan.classes);
  const right = answers && rightAnswers(labels, answers);
  const by = { probabilities, classes: plan.classes };
  const scores = {
    train: validated.train,
    outOfFold: validated.outOfFold,
    test: right && answers ? scoreAnswers(right, answers, train.metric && { ...by, metric: train.metric }) : null,
  };
  const seconds = (performance.now() - started) / 1000;

  signal?.throwIfAborted();
  const file = submissionFile(task.outDir, id);
  const csv = submissionCsv(competition, { ids: test.ids, labels }, order);
  const sha256 = submissionDigest(csv);
  const record: Run = {
    name: runName?.(id),
    configuration: {
      competition: competition.id,
      model: modelName(plan.model),
      engine,
      method: id,
      parameters,
      paramsFrom,
      epochs,
      folds,
      seed,
    },
    startedAt,
    seconds,
    folds: validated.folds,
    scores,
    submission: { file, sha256 },
  };
  const { result: run, moved } = await writeOrElsewhere(runsDir, (folder) => writeRun(folder, record));
  if (moved !== null) onMoved?.(moved);
  return {
    result: {
      params: parameters,
      paramsFrom,
      folds: validated.folds.map(({ epochs: trained, ended, restoredEpoch, ...fold }) => ({
        train: fold.train,
        validation: fold.validation,
        trainedEpochs: trained.length,
        ended,
        restoredEpoch,
      })),
      ...scores,
      submission: file,
      sha256,
      seconds,
      run,
    },
    contender: {
      id,
      title,
      outOfFold: Uint8Array.from(train.labels, (label, i) => Number(outOfFold[i] === label)),
      test: right,
      ...byMetric({ train, answers }, validated.probabilities, probabilities, plan),
    },
    csv,
  };
}

/** What a contender needs besides its hits, where the images have a metric of their own. */
export function byMetric(
  { train, answers }: Pick<Data, 'train' | 'answers'>,
  outOfFold: Float32Array,
  test: Float32Array,
  { classes }: Plan,
): Pick<Contender, 'byMetric'> {
  const { metric } = train;
  if (metric === undefined) return {};
  const ofTest = answers && answeredPredictions(test, answers, classes);
  return { byMetric: { metric, outOfFold: predictionsOf(outOfFold, train.labels, classes), test: ofTest } };
}

/** Mean of the folds' probabilities. @param folds the solutions of each @returns f32[test images × classes] */
export async function predictWithFolds(
  pool: Piscina,
  { plan, engine }: SubmissionTask,
  folds: readonly Solution[][],
  { images }: TestImages,
  signal?: AbortSignal,
): Promise<Float32Array> {
  if (images.count === 0) return new Float32Array(0);
  const members: Float32Array[] = await Promise.all(
    folds.map((solutions) => {
      const task: PredictTask = { plan, engine, solutions, images };
      return pool.run(task, { name: 'predict', signal });
    }),
  );
  return averageProbabilities(members);
}

/** NaN is no prediction, but would count as class 0. */
type RunMethod = Pick<SubmitMethod, 'parameters'> & { readonly id: RunMethodName };

function checkFinite({ id, parameters }: RunMethod, images: string, probabilities: Float32Array): void {
  if (probabilities.every(Number.isFinite)) return;
  throw new DivergedError(
    `${id}: expected finite probabilities for all ${images}, got others: the weights diverged. ` +
      divergenceRemedy(methodOfRun(id), parameters),
  );
}
