/**
 * SWA as a step over what a run has saved: the mean of each fold's solutions predicts in their place, as a submission
 * and a run of its own. Source: Izmailov et al. 2018, arXiv:1803.05407, section 3, for the average of FGE's proposals.
 */
import type { Piscina } from 'piscina';
import { pick } from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import type { Solution } from '../models/index.ts';
import {
  averageWeights,
  makeFolds,
  predictValidation,
  validateWeights,
  countCorrect,
  predictedLabels,
  averageOf,
  outOfFoldRows,
  pickRows,
  placeRows,
  type PredictTask,
  type RunMethodName,
} from '../pipeline/index.ts';
import { type MethodResult, nameOfRun, type RunRecord } from '../records/index.ts';
import { compareMethods, type Comparison, type Contender } from './compare.ts';
import { contenderOf } from './contender.ts';
import { type Data, loadData } from './prepare.ts';
import { interruptedRuns, removeInterrupted } from './interrupted-runs.ts';
import { inOwnFolder, type OwnFolder, prepareOutput, preparedRuns, writeSubmit } from './submit-files.ts';
import type { SubmissionTask, SubmitProgress } from './submit-task.ts';
import { ofScored, predictWithFolds, submitValidated } from './submit-validated.ts';

export interface AverageTask extends Omit<SubmissionTask, 'engine' | 'epochs' | 'folds' | 'trainFolds' | 'seed'> {
  /** A run with several solutions of a fold; its settings hold for the average too. */
  readonly from: { readonly record: RunRecord; readonly solutions: readonly Solution[][] };
}

export interface AverageResult {
  /** Id of the run whose solutions were averaged. */
  readonly from: string;
  /** Name of the submit and its folder. */
  readonly name: string;
  /** In records and file names: `fge-average`. */
  readonly method: RunMethodName;
  readonly result: MethodResult;
  /** Comparison of the average with the ensemble of the same solutions. */
  readonly comparison: Comparison;
}

/** Whether there is anything to average. */
export const keptSeveral = ({ folds }: RunRecord): boolean => folds.some(({ solutions }) => solutions > 1);

/**
 * Averages the weights of each fold's solutions, measures their batch-norm statistics anew, scores the averages out of
 * fold and on the test images, and writes a submit with `<method>-average.csv`, and a run record.
 * @throws UserError if the run kept one solution of each fold, the images are not those that it was trained on, or
 *   something cannot be read or written; AbortError when the signal aborts
 */
export async function averageRun(
  pool: Piscina,
  { from: { record, solutions }, ...given }: AverageTask,
  { signal, onBegin, onMoved }: Pick<SubmitProgress, 'signal' | 'onBegin' | 'onMoved'> = {},
): Promise<AverageResult> {
  const startedAt = new Date();
  const started = performance.now();
  const { method, engine, epochs, folds, trainFolds, seed, parameters, tta, pseudoLabels } = record.configuration;
  if (!keptSeveral(record)) {
    throw new UserError(
      `${nameOfRun(record)}: expected a run that kept several networks of each fold, got one of ${method} that kept one in ` +
        `${epochs} epochs. Train fge or snapshot with more epochs or shorter cycles first.`,
    );
  }
  const wanted: SubmissionTask = { ...given, engine, epochs, folds, trainFolds, seed };
  const id = averageOf(method);
  const data = await loadData(wanted);
  const paramsFrom = `solutions of run ${record.id}`;
  const interrupted = await interruptedRuns(wanted.runsDir, { method: id, paramsFrom, name: wanted.name });
  await prepareOutput(wanted, [id], interrupted);
  const runsDir = await preparedRuns(wanted, { onMoved });
  const work = async (submitted: OwnFolder<SubmissionTask>): Promise<AverageResult> => {
    const { task } = submitted;
    onBegin?.();
    const ensemble = await scoreAgain(pool, task, data, { record, solutions }, signal);
    const averages = solutions.map((ofFold) => [averageWeights(ofFold.map(({ weights }) => weights))]);
    const validation = { ...task, images: data.train };
    const averaged = await validateWeights(pool, validation, averages, parameters.augment, { signal });
    const validated = tta ? await predictValidation(pool, validation, averaged.folds, tta, { signal }) : averaged;
    const about = { id, title: id, parameters, paramsFrom, tta, pseudoLabels };
    const { result, contender, files } = await submitValidated(pool, task, data, about, validated, {
      startedAt,
      started,
      signal,
      onMoved,
    });
    const comparison = compareMethods(`${task.competition.id}, seed ${seed}`, [contender, ensemble])!;
    const found = {
      seed,
      engine,
      model: task.plan.model,
      epochs,
      folds,
      trainFolds,
      methods: { [id]: result },
      comparison,
    };
    await removeInterrupted(interrupted);
    const { methods, name } = await writeSubmit(submitted, found, files, { onMoved });
    return { from: record.id, name: name!, method: id, result: methods[id], comparison };
  };
  return inOwnFolder({ ...wanted, runsDir }, [{ id }], work, interrupted);
}

/**
 * What the run itself got right, from its saved solutions.
 * @throws UserError if that is not what its record says: on other images the folds would be others too, and the average
 *   would be validated on images that it was trained on
 */
async function scoreAgain(
  pool: Piscina,
  task: SubmissionTask,
  { train, trainIds, test, answers }: Data,
  { record, solutions }: AverageTask['from'],
  signal: AbortSignal | undefined,
): Promise<Contender> {
  const { plan, engine } = task;
  const { tta, method } = record.configuration;
  const probabilities = new Float32Array(train.count * plan.classes);
  await Promise.all(
    makeFolds({ ...task, images: train }).map(async ({ validation }, fold) => {
      const images = pick(train, validation);
      const predictTask: PredictTask = { plan, engine, solutions: solutions[fold], images, tta };
      const ofFold: Float32Array = await pool.run(predictTask, { name: 'predict', signal });
      placeRows(probabilities, ofFold, validation);
      const labels = predictedLabels(ofFold, plan.classes);
      const { accuracy, n } = record.folds[fold].validation;
      const [correct, expected] = [countCorrect(labels, images.labels), Math.round(accuracy * n)];
      if (images.count === n && correct === expected) return;
      throw new UserError(
        `${nameOfRun(record)}: expected ${expected} of ${n} images of fold ${fold + 1} to be predicted right, as the run did, ` +
          `got ${correct} of ${images.count}. Use the images and the version of the program with which it was trained.`,
      );
    }),
  );
  const ofTest = await predictWithFolds(pool, { ...task, tta }, solutions, test, signal);
  const scored = pickRows(probabilities, outOfFoldRows({ ...task, images: train }), plan.classes);
  const about = ofScored(task, { train, trainIds, answers });
  return contenderOf({ id: method, title: method }, about, scored, ofTest, plan.classes);
}
