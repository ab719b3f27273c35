/** From a cross-validation to a submission: predicts the test images with all folds, scores them, records the run. */
import type { Piscina } from 'piscina';
import { writeOrElsewhere } from '../base/other-place.ts';
import type { OwnFile } from '../base/output-files.ts';
import { sha256 } from '../base/sha256.ts';
import type { Competition, TestImages } from '../data/index.ts';
import { modelName, type Solution } from '../models/index.ts';
import {
  averageProbabilities,
  DivergedError,
  divergenceRemedy,
  methodOfRun,
  predictedLabels,
  type PredictTask,
  type RunMethodName,
  type TestTimeAugmentation,
  type ValidatedFolds,
} from '../pipeline/index.ts';
import { type MethodResult, type Run, writeRun } from '../records/index.ts';
import type { Contender } from './compare.ts';
import { contenderOf } from './contender.ts';
import type { Data } from './prepare.ts';
import { probabilityCsv } from './probability-table.ts';
import { digestOfIds, digestOfLabels } from './image-digests.ts';
import { scoreAnswers } from './score.ts';
import { submissionCsv, submissionDigest } from './submission.ts';
import { outOfFoldTable, submissionFile, submissionOutput, tableOutput, testTable } from './submit-files.ts';
import type { SubmissionTask, SubmitMethod, SubmitProgress } from './submit-task.ts';

interface Started extends Pick<SubmitProgress, 'onMoved'> {
  readonly startedAt: Date;
  /** On the clock of `performance.now`. */
  readonly started: number;
  readonly signal: AbortSignal | undefined;
}

export interface Submitted {
  readonly result: MethodResult;
  readonly contender: Contender;
  /** The submission, and tables of probabilities, which are not written yet. */
  readonly files: readonly OwnFile[];
}

/**
 * What follows a cross-validation: predicts the test images with all folds, scores them and writes the run record.
 * @param started when the work began
 * @throws DivergedError for predictions that are no numbers, UserError if the record cannot be written
 */
export async function submitValidated(
  pool: Piscina,
  task: SubmissionTask,
  data: Data,
  method: Omit<SubmitMethod, 'id'> & {
    readonly id: RunMethodName;
    readonly title: string;
    readonly tta?: TestTimeAugmentation;
  },
  validated: ValidatedFolds,
  { startedAt, started, signal, onMoved }: Started,
): Promise<Submitted> {
  const { competition, engine, plan, epochs, folds, seed, runsDir, runName } = task;
  const { train, test, order, answers } = data;
  const { id, title, parameters, paramsFrom, tta } = method;
  checkFinite(method, 'training images', validated.probabilities);
  const solutions = validated.folds.map((fold) => fold.solutions);
  const probabilities = await predictWithFolds(pool, { ...task, tta }, solutions, test, signal);
  checkFinite(method, 'test images', probabilities);
  const labels = predictedLabels(probabilities, plan.classes);
  const contender = contenderOf(
    { id, title },
    { train, answers },
    validated.probabilities,
    probabilities,
    plan.classes,
  );
  const by = { probabilities, classes: plan.classes };
  const scores = {
    train: validated.train,
    outOfFold: validated.outOfFold,
    test:
      contender.test && answers
        ? scoreAnswers(contender.test, answers, train.metric && { ...by, metric: train.metric })
        : null,
  };
  const seconds = (performance.now() - started) / 1000;

  signal?.throwIfAborted();
  const file = submissionFile(task.outDir, id);
  const csv = submissionCsv(competition, { ids: test.ids, labels, probabilities }, order);
  const digest = submissionDigest(csv);
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
      ...(tta && { tta }),
    },
    startedAt,
    seconds,
    folds: validated.folds,
    scores,
    submission: { file, sha256: digest },
    probabilities: {
      classes: plan.classes,
      test: test.images.count === 0 ? null : { probabilities, of: digestOfIds(test.ids) },
      outOfFold: { probabilities: validated.probabilities, of: digestOfLabels(train.labels) },
    },
  };
  const { result: run, moved } = await writeOrElsewhere(runsDir, (folder) => writeRun(folder, record));
  if (moved !== null) onMoved?.(moved);
  const tables = task.probabilities
    ? tablesOf(competition, id, { ...data, testIds: test.ids }, probabilities, validated.probabilities)
    : null;
  return {
    result: {
      params: parameters,
      paramsFrom,
      ...(tta && { tta }),
      folds: validated.folds.map(({ epochs: trained, ended, restoredEpoch, ...fold }) => ({
        train: fold.train,
        validation: fold.validation,
        trainedEpochs: trained.length,
        ended,
        restoredEpoch,
      })),
      ...scores,
      submission: file,
      sha256: digest,
      seconds,
      run,
      ...(tables && { probabilities: tables.recorded }),
    },
    contender,
    files: [submissionOutput(competition, id, csv), ...(tables?.files ?? [])],
  };
}

/** The tables that `--probabilities` asks for. Their paths are those of the folder of the submit, which it fills in. */
export function tablesOf(
  competition: Competition,
  method: string,
  { trainIds, testIds, order }: Pick<Data, 'trainIds' | 'order'> & { readonly testIds: readonly string[] },
  ofTest: Float32Array,
  outOfFold: Float32Array,
) {
  const { submission, classes } = competition;
  const table = { id: submission.id, columns: classes };
  const output = (name: string, ids: readonly string[], probabilities: Float32Array, rows: Uint32Array | null) => {
    const csv = probabilityCsv(table, ids, probabilities, rows);
    return { file: tableOutput(competition, name, csv), recorded: { file: name, sha256: sha256(csv) } };
  };
  const [first, second] = [
    testIds.length === 0 ? null : output(testTable(method), testIds, ofTest, order.rows),
    output(outOfFoldTable(method), trainIds, outOfFold, null),
  ];
  return {
    files: [...(first ? [first.file] : []), second.file],
    recorded: { test: first && first.recorded, outOfFold: second.recorded },
  };
}

/** Mean of the folds' probabilities. @param folds the solutions of each @returns f32[test images × classes] */
export async function predictWithFolds(
  pool: Piscina,
  { plan, engine, tta }: Pick<SubmissionTask, 'plan' | 'engine'> & { readonly tta?: TestTimeAugmentation },
  folds: readonly Solution[][],
  { images }: TestImages,
  signal?: AbortSignal,
): Promise<Float32Array> {
  if (images.count === 0) return new Float32Array(0);
  const members: Float32Array[] = await Promise.all(
    folds.map((solutions) => {
      const task: PredictTask = { plan, engine, solutions, images, tta };
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
