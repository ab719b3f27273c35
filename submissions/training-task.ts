/** The training of a method in a submit. */
import type { LabelledImages, TestImages } from '../data/index.ts';
import type { CrossValidationTask } from '../pipeline/index.ts';
import type { SubmitMethod, SubmitTask } from './submit-task.ts';

export function trainingTask(
  { plan, engine, epochs, folds, trainFolds, seed, withAverages, pseudoLabels: confidence }: SubmitTask,
  { id, parameters }: SubmitMethod,
  { train, test }: { readonly train: LabelledImages; readonly test: TestImages },
): CrossValidationTask {
  const training = {
    plan,
    engine,
    method: id,
    parameters,
    epochs,
    folds,
    seed,
    images: train,
    ...(trainFolds !== undefined && { trainFolds }),
    ...(withAverages && { withAverages }),
  };
  return confidence === undefined ? training : { ...training, pseudoLabels: { confidence, images: test.images } };
}
