/**
 * Evaluates a point of weight space: loss and error on training and test images, with measured batch-norm statistics.
 */
import { augmented, type Augmentation, type LabelledImages } from '../data/index.ts';
import type { Network, Plan, Solution } from '../models/index.ts';
import { countCorrect, logLoss, predictedLabels } from '../pipeline/index.ts';

/** The images on which points are compared, and the engine. */
export interface Setting {
  readonly plan: Plan;
  readonly engine: string;
  /** Batch-norm statistics are measured on these images too, as a training with this augmentation shows them. */
  readonly train: LabelledImages;
  readonly augment: Augmentation;
  readonly test: LabelledImages;
}

/** Losses in nats, errors as shares. NaN if the network overflows, as it may for large weights. */
export interface Values {
  readonly trainLoss: number;
  readonly trainError: number;
  readonly testLoss: number;
  readonly testError: number;
}

export const metricNames = ['trainLoss', 'trainError', 'testLoss', 'testError'] as const satisfies (keyof Values)[];
export type MetricName = (typeof metricNames)[number];

/** Weights with statistics of the training images as their training showed them. */
export const solutionAt = async (
  network: Network,
  weights: Float32Array,
  { train, augment }: Pick<Setting, 'train' | 'augment'>,
): Promise<Solution> => network.measure(weights, augmented(train, augment, 0));

export async function evaluate(
  network: Network,
  weights: Float32Array,
  setting: Pick<Setting, 'train' | 'test' | 'augment'>,
): Promise<Values> {
  const { train, test } = setting;
  const { classes } = network.plan;
  const solution = await solutionAt(network, weights, setting);
  const score = async (images: LabelledImages): Promise<{ loss: number; error: number }> => {
    const probabilities = await network.predict(solution, images);
    const correct = countCorrect(predictedLabels(probabilities, classes), images.labels);
    const loss = logLoss(probabilities, images.labels, classes);
    // NaN probabilities give no prediction.
    return { loss, error: Number.isNaN(loss) ? NaN : 1 - correct / images.count };
  };
  const [onTrain, onTest] = [await score(train), await score(test)];
  return { trainLoss: onTrain.loss, trainError: onTrain.error, testLoss: onTest.loss, testError: onTest.error };
}
