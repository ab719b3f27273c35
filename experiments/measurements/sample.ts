/** The images for measurements of many points: enough to distinguish points, and few enough for hundreds of them. */
import { firstOf } from '../../data/index.ts';
import { evaluate, type Values } from '../../analysis/index.ts';
import type { Trained } from './measurement.ts';

const TRAIN_IMAGES = 2048;
const TEST_IMAGES = 4096;

/** A function that evaluates weights on the first training and test images. */
export function evaluator({ network, training, test, augment }: Trained): (weights: Float32Array) => Promise<Values> {
  const images = { train: firstOf(training, TRAIN_IMAGES), test: firstOf(test, TEST_IMAGES), augment };
  return (weights) => evaluate(network, weights, images);
}
