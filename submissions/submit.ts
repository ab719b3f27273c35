/** From methods and data to submissions: cross-validate, predict with all folds, write, score, compare. */
import { join } from 'node:path';
import type { Piscina } from 'piscina';
import type { Competition } from '../data/competition.ts';
import type { LabelledImages } from '../data/images.ts';
import { loadTest, loadTrain, type TestImages } from '../data/load.ts';
import { loadSampleSubmission } from '../data/solution.ts';
import { stratifiedFolds } from '../data/split.ts';
import { UserError } from '../base/user-error.ts';
import { createNetwork, engineOfBits } from '../models/engine/engines.ts';
import type { Solution } from '../models/engine/network.ts';
import type { Plan } from '../models/engine/plan.ts';
import { crossValidate, type ValidatedFolds } from '../pipeline/cross-validate.ts';
import { predictedLabels } from '../pipeline/evaluate.ts';
import { DivergedError } from '../pipeline/diverged-error.ts';
import type { Parameters } from '../pipeline/experiment.ts';
import { findMethod } from '../pipeline/methods/index.ts';
import { averageProbabilities } from '../pipeline/predict.ts';
import { writeRun } from '../pipeline/record.ts';
import type { EpochMetrics } from '../pipeline/train.ts';
import type { PredictTask } from '../pipeline/worker.ts';
import { compareMethods, type Contender } from './compare.ts';
import { expectOwn, prepareFolder, writeAtomically } from '../base/output-files.ts';
import {
  COMPARISON_JSON,
  COMPARISON_MARKDOWN,
  type MethodResult,
  resultJson,
  resultJsonBeginning,
  type SubmitResult,
} from './result.ts';
import { type Answers, loadAnswers, rightAnswers, scoreAnswers } from './score.ts';
import { checkSample, submissionCsv, submissionDigest, submissionHeader } from './submission.ts';
import { comparisonMarkdown, markdownBeginning } from './table.ts';

export interface SubmitMethod {
  readonly id: string;
  readonly parameters: Parameters;
  /** Where the parameters came from, for the records. */
  readonly paramsFrom: string;
}

export interface SubmitTask {
  readonly competition: Competition;
  /** Folder of the competition's files. Default: that of the competition. */
  readonly dataDir?: string;
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
  /** Receives `<method>.csv`, `comparison.json` and `comparison.md`. */
  readonly outDir: string;
  /** Receives a folder for each method's run. */
  readonly runsDir: string;
}

export interface SubmitProgress {
  readonly signal?: AbortSignal;
  /** Before a method's first fold. */
  onMethod?(id: string): void;
  onEpoch?(method: string, fold: number, metrics: EpochMetrics): void;
  /** After every epoch of a training that only predicts labels for the one that counts. */
  onTeacherEpoch?(method: string, fold: number, metrics: EpochMetrics): void;
}

/**
 * Makes one submission for each method and compares them. Everything that can be wrong with files, folders and options
 * is found before training starts; answers to the test images are used for nothing but the scores.
 * @throws UserError for input that does not fit, or a folder that cannot be written
 * @throws DivergedError when a method diverges, AbortError when the signal aborts. The output folder stays as it was
 *   then; methods that were finished have their run records.
 */
export async function submit(pool: Piscina, task: SubmitTask, progress: SubmitProgress = {}): Promise<SubmitResult> {
  const { competition, engine, plan, epochs, folds, seed, outDir } = task;
  progress.signal?.throwIfAborted();
  const data = await prepare(task);

  const methods: Record<string, MethodResult> = {};
  const contenders: Contender[] = [];
  const submissions: { file: string; csv: string }[] = [];
  for (const method of task.methods) {
    progress.onMethod?.(method.id);
    const { result, contender, csv } = await runMethod(pool, task, data, method, progress);
    methods[method.id] = result;
    contenders.push(contender);
    submissions.push({ file: result.submission, csv });
  }
  const result: SubmitResult = {
    competition: competition.id,
    seed,
    engine: engineOfBits(engine),
    model: plan.model,
    epochs,
    folds,
    methods,
    comparison: compareMethods(`${competition.id}, seed ${seed}`, contenders),
    files: { json: join(outDir, COMPARISON_JSON), markdown: join(outDir, COMPARISON_MARKDOWN) },
  };
  // All files together, at the end: those of an earlier run are replaced by a whole one or stay.
  progress.signal?.throwIfAborted();
  for (const { file, csv } of submissions) await writeAtomically(file, csv);
  await writeAtomically(result.files.json, resultJson(result));
  await writeAtomically(result.files.markdown, comparisonMarkdown(result));
  return result;
}

export interface Data {
  readonly train: LabelledImages;
  readonly test: TestImages;
  readonly answers: Answers | null;
}

/**
 * Loads and checks everything that can fail; folders are made last, when nothing else is wrong.
 * @throws UserError as `submit`
 */
export async function prepare(task: SubmitTask): Promise<Data> {
  const { competition, methods, outDir, runsDir } = task;
  const ids = methods.map(({ id }) => id);
  // Parameters that a method cannot run with must say so here, where their error keeps its kind.
  for (const { id, parameters } of methods)
    findMethod(id).compose(parameters, { epochs: task.epochs, stepsPerEpoch: 1 });
  if (ids.length === 0 || new Set(ids).size < ids.length) {
    throw new UserError(`Expected one or more different methods, got "${ids.join(',')}". Name each once.`);
  }
  if (!Number.isInteger(task.epochs) || task.epochs < 1) {
    throw new RangeError(`Expected \`epochs\` to be a whole number of at least 1, got ${task.epochs}.`);
  }
  const data = await loadData(task);
  for (const id of ids) await expectOwn(submissionFile(task, id), submissionHeader(competition), 'a submission');
  const comparison = `a comparison of ${competition.id}`;
  await expectOwn(join(outDir, COMPARISON_JSON), resultJsonBeginning(competition.id), comparison);
  await expectOwn(join(outDir, COMPARISON_MARKDOWN), markdownBeginning(competition.id), comparison);
  await prepareFolder(outDir);
  await prepareFolder(runsDir);
  return data;
}

/** What decides data and folds of a submission, and where it goes. */
export type SubmissionTask = Omit<SubmitTask, 'methods'>;

/** @throws UserError if a file does not fit, there are too few images for the folds, or the engine cannot be used */
export async function loadData(task: SubmissionTask): Promise<Data> {
  const { competition, dataDir, plan, engine, folds, seed, solutionFile } = task;
  // An engine that cannot run the plan must say so here, where its error keeps its kind.
  await createNetwork(plan, engine);
  const train = await loadTrain(competition, { dataDir });
  stratifiedFolds(train.labels, folds, seed, { classes: plan.classes, source: train.source });
  const test = await loadTest(competition, { dataDir });
  const sample = await loadSampleSubmission(competition, { dataDir });
  if (sample) checkSample(competition, test.ids, sample, dataDir);
  return { train, test, answers: await loadAnswers(competition, test, { dataDir, solutionFile }) };
}

export const submissionFile = ({ outDir }: SubmissionTask, method: string): string => join(outDir, `${method}.csv`);

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
      onEpoch: (fold, metrics) => progress.onEpoch?.(id, fold, metrics),
      onTeacherEpoch: (fold, metrics) => progress.onTeacherEpoch?.(id, fold, metrics),
    },
  );
  if (validated.status === 'diverged') {
    const where = `fold ${validated.fold + 1} diverged in epoch ${validated.epoch + 1} (step ${validated.step + 1})`;
    throw new DivergedError(
      `${id}: ${where} at learning rate ${parameters.learningRate}. Lower \`learningRate\`, or search for a better one.`,
    );
  }
  const { title } = findMethod(id);
  return submitValidated(pool, task, data, { ...method, title }, validated, { startedAt, started, signal });
}

export interface Submitted {
  readonly result: MethodResult;
  readonly contender: Contender;
  /** The text of the submission, which is not written yet. */
  readonly csv: string;
}

/**
 * What follows a cross-validation: predicts the test images with all folds, scores them and writes the run record.
 * @param started when the work began, on the clock of `performance.now`
 * @throws DivergedError for predictions that are no numbers, UserError if the record cannot be written
 */
export async function submitValidated(
  pool: Piscina,
  task: SubmissionTask,
  { train, test, answers }: Data,
  method: SubmitMethod & { readonly title: string },
  validated: ValidatedFolds,
  { startedAt, started, signal }: { startedAt: Date; started: number; signal: AbortSignal | undefined },
): Promise<Submitted> {
  const { competition, engine, plan, epochs, folds, seed, runsDir } = task;
  const { id, title, parameters, paramsFrom } = method;
  checkFinite(method, 'training images', validated.probabilities);
  const solutions = validated.folds.map((fold) => fold.solutions);
  const probabilities = await predictWithFolds(pool, task, solutions, test, signal);
  checkFinite(method, 'test images', probabilities);
  const labels = predictedLabels(probabilities, plan.classes);
  const outOfFold = predictedLabels(validated.probabilities, plan.classes);
  const right = answers && rightAnswers(labels, answers);
  const scores = {
    train: validated.train,
    outOfFold: validated.outOfFold,
    test: right && answers ? scoreAnswers(right, answers) : null,
  };
  const seconds = (performance.now() - started) / 1000;

  signal?.throwIfAborted();
  const file = submissionFile(task, id);
  const csv = submissionCsv(competition, { ids: test.ids, labels });
  const sha256 = submissionDigest(csv);
  const run = await writeRun(runsDir, {
    configuration: {
      competition: competition.id,
      model: plan.model,
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
  });
  return {
    result: {
      params: parameters,
      paramsFrom,
      folds: validated.folds.map((fold) => ({ train: fold.train, validation: fold.validation })),
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
    },
    csv,
  };
}

/** Mean of the folds' probabilities. @param folds the solutions of each @returns f32[test images × classes] */
export async function predictWithFolds(
  pool: Piscina,
  { plan, engine }: SubmissionTask,
  folds: readonly Solution[][],
  { images }: TestImages,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const members: Float32Array[] = await Promise.all(
    folds.map((solutions) => {
      const task: PredictTask = { plan, engine, solutions, images };
      return pool.run(task, { name: 'predict', signal });
    }),
  );
  return averageProbabilities(members);
}

/** NaN is no prediction, but would count as class 0. */
function checkFinite({ id, parameters }: SubmitMethod, images: string, probabilities: Float32Array): void {
  if (probabilities.every(Number.isFinite)) return;
  throw new DivergedError(
    `${id}: expected finite probabilities for all ${images}, got others: the weights diverged ` +
      `at learning rate ${parameters.learningRate}. Lower \`learningRate\`, or search for a better one.`,
  );
}
