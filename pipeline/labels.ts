/** The labels that a training sees: the true ones, noisy ones, or those that a first training predicts. */
import { noisyLabels, withLabels } from '../data/labels.ts';
import type { LabelledImages } from '../data/images.ts';
import type { Network, Solution } from '../models/engine/network.ts';
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
  const solutions = await measureAll(network, first.solutions, images);
  const labels = predictedLabels(await ensemble(network, solutions, images), classes);
  return train({ ...task, images: withLabels(images, labels) });
}

/** Each weight vector with the statistics measured for exactly it. @param images those it was trained on */
export async function measureAll(
  network: Network,
  weights: readonly Float32Array[],
  images: LabelledImages,
): Promise<Solution[]> {
  const solutions: Solution[] = [];
  for (const vector of weights) solutions.push(await network.measure(vector, images));
  return solutions;
}
