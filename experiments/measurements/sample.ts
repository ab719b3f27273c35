/** The images that measurements of many points look at: enough to tell points apart, few enough to see hundreds of them. */
import { firstOf } from '../../data/index.ts';
import { evaluate, type Values } from '../../analysis/index.ts';
import type { Trained } from './measurement.ts';

const TRAIN_IMAGES = 2048;
const TEST_IMAGES = 4096;

/** Losses and errors of any weights, on the first images of both sets. */
export function evaluator({ network, training, test }: Trained): (weights: Float32Array) => Promise<Values> {
  const images = { train: firstOf(training, TRAIN_IMAGES), test: firstOf(test, TEST_IMAGES) };
  return (weights) => evaluate(network, weights, images);
}
