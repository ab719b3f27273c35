/** From a cross-validation to a submission: predicts the test images with all folds. */
import type { Piscina } from 'piscina';
import { type TestImages, view } from '../data/index.ts';
import { type ModelName, modelName, type Solution } from '../models/index.ts';
import {
  averageProbabilities,
  DivergedError,
  divergenceRemedy,
  methodOfRun,
  outOfFoldRows,
  type PredictTask,
  type TestTimeAugmentation,
  type ValidatedFolds,
} from '../pipeline/index.ts';
import type { Data } from './prepare.ts';
import { type PredictedBy, type Started, type Submitted, submitPredictions } from './submit-predictions.ts';
import type { SubmissionTask } from './submit-task.ts';

/**
 * What follows a cross-validation: predicts the test images with all folds, scores them and writes the run record.
 * @param started when the work began
 * @throws DivergedError for predictions that are no numbers, UserError if the record cannot be written
 */
export async function submitValidated(
  pool: Piscina,
  task: SubmissionTask,
  data: Data,
  method: PredictedBy,
  validated: ValidatedFolds,
  started: Started,
): Promise<Submitted> {
  const model = modelName(task.plan.model);
  checkFinite(method, model, 'training images', validated.probabilities);
  const solutions = validated.folds.map((fold) => fold.solutions);
  const by = { ...task, tta: method.tta };
  const test = await predictWithFolds(pool, by, solutions, data.test, started.signal);
  checkFinite(method, model, 'test images', test);
  const predictions = { ...validated, probabilities: { test, outOfFold: validated.probabilities } };
  return submitPredictions({ ...task, model }, ofScored(task, data), method, predictions, started);
}

/** The training images that have a prediction out of fold: what all that follows a training is about. */
export function ofScored<Of extends Pick<Data, 'train' | 'trainIds'>>(
  { folds, trainFolds, seed }: Pick<SubmissionTask, 'folds' | 'trainFolds' | 'seed'>,
  data: Of,
): Of {
  if (trainFolds === undefined) return data;
  const rows = outOfFoldRows({ images: data.train, folds, trainFolds, seed });
  return { ...data, train: view(data.train, rows), trainIds: Array.from(rows, (row) => data.trainIds[row]) };
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
function checkFinite(
  { id, parameters }: Pick<PredictedBy, 'id' | 'parameters'>,
  model: ModelName,
  images: string,
  probabilities: Float32Array,
): void {
  if (probabilities.every(Number.isFinite)) return;
  throw new DivergedError(
    `${id}: expected finite probabilities for all ${images}, got others: the weights diverged. ` +
      divergenceRemedy(methodOfRun(id, model), parameters),
  );
}
