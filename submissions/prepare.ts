/** What a submit needs before it trains: its images loaded, and everything that can be wrong found. */
import { UserError } from '../base/user-error.ts';
import { type LabelledImages, loadOnce, loadSample, type TestImages } from '../data/index.ts';
import { createNetwork } from '../models/index.ts';
import { compositionOf, expectTwoPoints, findMethod, makeFolds, stepsPerEpoch } from '../pipeline/index.ts';
import { foldsKey, interruptedRun } from './kept-folds.ts';
import { type Answers, loadAnswers } from './score.ts';
import { orderBySample, type SubmissionOrder } from './submission.ts';
import { preparedRuns, prepareOutput } from './submit-files.ts';
import type { SubmissionTask, SubmitTask } from './submit-task.ts';
import { trainingTask } from './training-task.ts';

export interface Data {
  readonly train: LabelledImages;
  /** Ids of the training images, or their positions from 1 where the files have none. */
  readonly trainIds: readonly string[];
  readonly test: TestImages;
  readonly order: SubmissionOrder;
  readonly answers: Answers | null;
}

export interface PreparedData extends Data {
  /** Folders of runs of the same names that an interrupted submit had recorded, which the new ones replace. */
  readonly replaced: readonly string[];
}

/**
 * Loads and checks everything that can fail; folders are made last, when nothing else is wrong.
 * @throws UserError as `submit`
 */
export async function prepare(task: SubmitTask): Promise<PreparedData> {
  const { methods } = task;
  const ids = methods.map(({ id }) => id);
  // Parameters that a method cannot run with must say so here, where their error keeps its kind.
  for (const { id, parameters } of methods) {
    compositionOf(findMethod(id), parameters, { epochs: task.epochs, stepsPerEpoch: 1 });
  }
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
    if (task.withAverages) expectTwoPoints('swa', parameters, task.epochs, steps);
  }
  const { runsDir, name } = task;
  if (task.pseudoLabels !== undefined && data.test.images.count === 0) {
    throw new UserError(
      `${task.competition.id}: expected test images to learn from with pseudo-labels, and there are none. ` +
        'Submit without pseudo-labels, or add `test` to its description.',
    );
  }
  const replaced: string[] = [];
  for (const method of name === undefined ? [] : methods) {
    const run = await interruptedRun(runsDir, await foldsKey(trainingTask(task, method, data)));
    if (run !== null) replaced.push(run);
  }
  await prepareOutput(task, ids, replaced);
  await preparedRuns(task);
  return { ...data, replaced };
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
    trainFolds,
    seed,
    solutionFile,
  } = task;
  // An engine that cannot run the plan must say so here, where its error keeps its kind.
  await createNetwork(plan, engine);
  const train = await images.train();
  makeFolds({ images: train, folds, trainFolds, seed });
  const trainIds = (await images.trainIds()) ?? Array.from(train.labels, (_, row) => String(row + 1));
  const test = await images.test();
  const sample = test.images.count > 0 ? await loadSample(competition, { dataDir }) : null;
  const order = orderBySample(competition, test.ids, sample, dataDir);
  const answers = test.images.count > 0 ? await loadAnswers(competition, test, { dataDir, solutionFile }) : null;
  return { train, trainIds, test, order, answers };
}
