/** The labels that a training sees: the true ones, noisy ones, or those that a first training predicts. */
import { noisyLabels, withLabels } from '../data/labels.ts';
import type { Solution } from '../models/engine/network.ts';
import { predictedLabels } from './evaluate.ts';
import { ensemble } from './predict.ts';
import { train, type TrainingResult, type TrainingTask } from './train.ts';

/**
 * Trains once, or with `bootstrap` twice: the second time, from the same fresh weights, on the labels that the first
 * network predicts for its own training images. Only the last training reports its epochs.
 * Source of the bootstrap: Foret et al. 2021, arXiv:2010.01412, section 3.3.
 */
export async function trainOnLabels(task: TrainingTask): Promise<TrainingResult> {
  const { network, parameters, seed } = task;
  const { classes } = network.plan;
  const { labelNoise, bootstrap } = parameters;
  const images = labelNoise > 0 ? noisyLabels(task.images, labelNoise, classes, seed) : task.images;
  if (!bootstrap) return train({ ...task, images });
  const first = await train({ ...task, images, onEpoch: undefined });
  if (first.status !== 'done') return first;
  const solutions: Solution[] = [];
  for (const weights of first.solutions) solutions.push(await network.measure(weights, images));
  const labels = predictedLabels(await ensemble(network, solutions, images), classes);
  return train({ ...task, images: withLabels(images, labels) });
}
