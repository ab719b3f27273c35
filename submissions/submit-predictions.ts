/** From predictions to a submission: scores them, records the run, and makes the files that a submit writes. */
import { writeOrElsewhere } from '../base/other-place.ts';
import type { OwnFile } from '../base/output-files.ts';
import { sha256 } from '../base/sha256.ts';
import {
  type Averages,
  predictedLabels,
  type RunMethodName,
  type Score,
  type TestTimeAugmentation,
} from '../pipeline/index.ts';
import { type MethodResult, type Run, writeRun } from '../records/index.ts';
import type { Contender } from './compare.ts';
import { contenderOf } from './contender.ts';
import { digestOfIds, digestOfLabels } from './image-digests.ts';
import type { Data } from './prepare.ts';
import { probabilityCsv } from './probability-table.ts';
import { scoreProbabilities } from './score.ts';
import { submissionCsv, submissionDigest } from './submission.ts';
import { outOfFoldTable, submissionFile, submissionOutput, tableOutput, testTable } from './submit-files.ts';
import type { SubmissionTask, SubmitMethod, SubmitProgress } from './submit-task.ts';

export interface Started extends Pick<SubmitProgress, 'signal' | 'onMoved'> {
  readonly startedAt: Date;
  /** On the clock of `performance.now`. */
  readonly started: number;
}

export interface PredictedBy extends Omit<SubmitMethod, 'id'> {
  readonly id: RunMethodName;
  /** What sentences call it. */
  readonly title: string;
  readonly tta?: TestTimeAugmentation;
  readonly pseudoLabels?: Run['configuration']['pseudoLabels'];
}

/** What there is to submit. */
export interface Predictions {
  readonly folds: Run['folds'];
  readonly train: Score;
  readonly outOfFold: Score;
  /** Out of fold, by averages of the same trainings. */
  readonly averages?: Averages<Score>;
  readonly probabilities: {
    /** f32[test images × classes] */
    readonly test: Float32Array;
    /** f32[training images × classes] */
    readonly outOfFold: Float32Array;
  };
}

export interface Submitted {
  readonly result: MethodResult;
  readonly contender: Contender;
  /** The submission, and tables of probabilities, which are not written yet. */
  readonly files: readonly OwnFile[];
}

type Task = Pick<
  SubmissionTask,
  | 'competition'
  | 'engine'
  | 'epochs'
  | 'folds'
  | 'trainFolds'
  | 'seed'
  | 'probabilities'
  | 'outDir'
  | 'runsDir'
  | 'runName'
  | 'recipe'
> &
  Pick<Run['configuration'], 'model'> &
  Pick<Run, 'plan'>;

/** @throws UserError if the record cannot be written */
export async function submitPredictions(
  task: Task,
  data: Data,
  { id, title, parameters, paramsFrom, study, tta, pseudoLabels }: PredictedBy,
  { folds, train, outOfFold, averages, probabilities }: Predictions,
  { startedAt, started, signal, onMoved }: Started,
): Promise<Submitted> {
  const { competition } = task;
  const { ids } = data.test;
  const classes = competition.classes.length;
  const contender = contenderOf({ id, title }, data, probabilities.outOfFold, probabilities.test, classes);
  const scores = {
    train,
    outOfFold,
    ...(averages && { averages }),
    test: data.answers && scoreProbabilities(probabilities.test, data.answers, competition),
  };
  const seconds = (performance.now() - started) / 1000;

  signal?.throwIfAborted();
  const { csv, files, tables } = filesOf(task, data, id, probabilities);
  const file = submissionFile(task.outDir, id);
  const digest = submissionDigest(csv);
  const record: Run = {
    name: task.runName?.(id),
    plan: task.plan,
    configuration: {
      competition: competition.id,
      model: task.model,
      engine: task.engine,
      method: id,
      parameters,
      paramsFrom,
      ...(study !== undefined && { study }),
      epochs: task.epochs,
      folds: task.folds,
      ...(task.trainFolds !== undefined && { trainFolds: task.trainFolds }),
      seed: task.seed,
      ...(tta && { tta }),
      ...(pseudoLabels && { pseudoLabels }),
      ...(competition.skipsBroken && { skipBroken: true }),
    },
    startedAt,
    seconds,
    folds,
    scores,
    submission: { file, sha256: digest },
    recipe: task.recipe,
    probabilities: {
      classes,
      test: ids.length === 0 ? null : { probabilities: probabilities.test, of: digestOfIds(ids) },
      outOfFold: { probabilities: probabilities.outOfFold, of: digestOfLabels(data.train.labels) },
    },
  };
  const { result: run, moved } = await writeOrElsewhere(task.runsDir, (folder) => writeRun(folder, record));
  if (moved !== null) onMoved?.(moved);
  return {
    result: {
      params: parameters,
      paramsFrom,
      ...(tta && { tta }),
      ...(pseudoLabels && { pseudoLabels }),
      folds: folds.map(({ train: ofTrain, validation, epochs, ended, restoredEpoch, pseudoLabels: learned }) => ({
        train: ofTrain,
        validation,
        // What was not trained has no end.
        ...(ended !== undefined && { trainedEpochs: epochs.length, ended, restoredEpoch }),
        ...(learned !== undefined && { pseudoLabels: learned }),
      })),
      ...scores,
      submission: file,
      sha256: digest,
      seconds,
      run,
      ...(tables && { probabilities: tables }),
    },
    contender,
    files,
  };
}

/**
 * The submission, and the tables of probabilities if they are asked for. The paths of these are those of the folder of the
 * submit, which it fills in.
 * @param probabilities without those out of fold where there are none
 */
export function filesOf(
  { competition, probabilities: areWanted }: Pick<SubmissionTask, 'competition' | 'probabilities'>,
  { trainIds, test: { ids }, order }: Pick<Data, 'trainIds' | 'test' | 'order'>,
  method: string,
  { test, outOfFold }: { readonly test: Float32Array; readonly outOfFold: Float32Array | null },
) {
  const { submission, classes } = competition;
  const labels = predictedLabels(test, classes.length);
  const csv = submissionCsv(competition, { ids, labels, probabilities: test }, order);
  const own = submissionOutput(competition, method, csv);
  const table = (name: string, idsOf: readonly string[], numbers: Float32Array, rows: Uint32Array | null) => {
    const text = probabilityCsv({ id: submission.id, columns: classes }, idsOf, numbers, rows);
    return { file: tableOutput(competition, name, text), recorded: { file: name, sha256: sha256(text) } };
  };
  const ofTest = areWanted && ids.length > 0 ? table(testTable(method), ids, test, order.rows) : null;
  const ofFolds = areWanted && outOfFold ? table(outOfFoldTable(method), trainIds, outOfFold, null) : null;
  return {
    csv,
    files: [own, ...[ofTest, ofFolds].flatMap((one) => one?.file ?? [])],
    tables: ofFolds && { test: ofTest && ofTest.recorded, outOfFold: ofFolds.recorded },
  };
}
