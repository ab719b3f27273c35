/** The labels that a training sees: the true ones, noisy ones, or those that earlier trainings predict. */
import { allocateRows, augmented, imageSize, type LabelledImages, noisyLabels, withLabels } from '../data/index.ts';
import type { Network, Solution } from '../models/index.ts';
import { random } from '../numerics/random.ts';
import { predictedLabels } from './evaluate.ts';
import type { Parameters } from './parameters.ts';
import { ensemble, measureAll } from './predict.ts';
import { type EpochMetrics, train, type TrainingResult, type TrainingTask } from './train.ts';

export interface LabelledTask extends Omit<TrainingTask, 'onEpoch' | 'teach'> {
  /** @param isTeacher whether the epoch was one of a teacher, whose predictions the network that counts will learn */
  readonly onEpoch?: (metrics: EpochMetrics, isTeacher: boolean) => void;
}

/**
 * Trains once; with `bootstrap` or `teachers` several times. With `bootstrap` the network learns, from the same fresh
 * weights, the labels that a first one predicts for its own training images. With `teachers` it learns the mean
 * prediction of so many networks with other seeds for each image of a batch.
 *
 * No teacher has seen other images than the network that learns from it, so scores on validation images stay honest.
 * Sources: Foret et al. 2021, arXiv:2010.01412, section 3.3, and those of the method `distill`.
 */
export async function trainOnLabels(task: LabelledTask): Promise<TrainingResult> {
  const { network, parameters, seed } = task;
  const { classes } = network.plan;
  const { labelNoise, bootstrap, teachers } = parameters;
  const tell = (isTeacher: boolean) => (metrics: EpochMetrics) => task.onEpoch?.(metrics, isTeacher);
  let images = labelNoise > 0 ? noisyLabels(task.images, labelNoise, classes, seed) : task.images;
  const solutions: Solution[] = [];

  /** @returns what the teacher predicts with, or how its training ended before its end */
  const trainTeacher = async (own: number): Promise<Solution[] | Exclude<TrainingResult, { status: 'done' }>> => {
    const { alongside: _, ...others } = task;
    const teacher = await train({ ...others, images, seed: own, withAverages: false, onEpoch: tell(true) });
    if (teacher.status !== 'done') return teacher;
    return measureAll(network, teacher.solutions, augmented(images, parameters.augment, own));
  };

  if (bootstrap) {
    const teacher = await trainTeacher(seed);
    if (!Array.isArray(teacher)) return teacher;
    images = withLabels(images, predictedLabels(await ensemble(network, teacher, images), classes));
  }
  for (let i = 0; i < teachers; i += 1) {
    const teacher = await trainTeacher(random(seed, 'teacher', i).integer(2 ** 32));
    if (!Array.isArray(teacher)) return teacher;
    solutions.push(...teacher);
  }
  const teach = teachers > 0 ? teachingBy(network, solutions, images, parameters) : undefined;
  return train({ ...task, images, teach, onEpoch: tell(false) });
}

/** What mixes the mean prediction of the teachers into the targets of a batch. */
function teachingBy(
  network: Network,
  solutions: readonly Solution[],
  { shape, count: images }: LabelledImages,
  { batchSize, distillation }: Parameters,
): TrainingTask['teach'] {
  const size = imageSize(shape);
  // Images lie in shared memory.
  const room = allocateRows(Math.min(batchSize, images), size, false).pixels;
  return async ({ count, pixels, targets }) => {
    const seen = room.subarray(0, count * size);
    seen.set(pixels.subarray(0, count * size));
    const predicted = await ensemble(network, solutions, { shape, count, pixels: seen });
    for (let i = 0; i < predicted.length; i += 1) {
      targets![i] = distillation * predicted[i] + (1 - distillation) * targets![i];
    }
  };
}
