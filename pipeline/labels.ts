/** The labels that a training sees: the true ones, noisy ones, or those that a first training predicts. */
import { augmented, noisyLabels, withLabels } from '../data/index.ts';
import { predictedLabels } from './evaluate.ts';
import type { Parameters } from './parameters.ts';
import { ensemble, measureAll } from './predict.ts';
import { type EpochMetrics, train, type TrainingResult, type TrainingTask } from './train.ts';

export interface LabelledTask extends Omit<TrainingTask, 'onEpoch'> {
  /** @param isTeacher whether the epoch was one of a teacher, whose labels the network that counts will learn */
  readonly onEpoch?: (metrics: EpochMetrics, isTeacher: boolean) => void;
}

/** Trainings, one after the other, that make one network: a teacher before it doubles the epochs. */
export const trainingCount = ({ bootstrap }: Pick<Parameters, 'bootstrap'>): number => (bootstrap ? 2 : 1);

/**
 * Trains once, or with `bootstrap` twice: the second time, from the same fresh weights, on the labels that the first
 * network, the teacher, predicts for its own training images.
 * Source of the bootstrap: Foret et al. 2021, arXiv:2010.01412, section 3.3.
 */
export async function trainOnLabels(task: LabelledTask): Promise<TrainingResult> {
  const { network, parameters, seed } = task;
  const { classes } = network.plan;
  const { labelNoise, bootstrap } = parameters;
  const tell = (isTeacher: boolean) => (metrics: EpochMetrics) => task.onEpoch?.(metrics, isTeacher);
  const images = labelNoise > 0 ? noisyLabels(task.images, labelNoise, classes, seed) : task.images;
  if (!bootstrap) return train({ ...task, images, onEpoch: tell(false) });
  const teacher = await train({ ...task, images, onEpoch: tell(true) });
  if (teacher.status !== 'done') return teacher;
  const solutions = await measureAll(network, teacher.solutions, augmented(images, parameters.augment, seed));
  const labels = predictedLabels(await ensemble(network, solutions, images), classes);
  return train({ ...task, images: withLabels(images, labels), onEpoch: tell(false) });
}
