/**
 * The learning-rate range test: one short training whose rate grows exponentially from far too low to far too high, and
 * the rate that its losses suggest. Source: Smith 2017, arXiv:1506.01186; the stop and the smoothing as in fastai.
 */
import { power } from '../numerics/elementary.ts';
import type { LabelledImages } from '../data/index.ts';
import { initialWeights, type Network } from '../models/index.ts';
import { createBatches } from './batches.ts';
import { createGradient, createOptimizer } from './descent.ts';
import type { Parameters } from './parameters.ts';

export interface RangeTest {
  readonly network: Network;
  readonly images: LabelledImages;
  /** Parameters of the training. The learning rate and its schedule are ignored. */
  readonly parameters: Parameters;
  readonly seed: number;
  /** Default: 1e-7. */
  readonly lowest?: number;
  /** Default: 10. */
  readonly highest?: number;
  /** From the lowest rate to the highest. Default: 200. */
  readonly steps?: number;
}

export interface RangeTestResult {
  /** η of every step that was taken. */
  readonly rates: number[];
  /** Smoothed loss of the batch before that step, in nats. */
  readonly losses: number[];
  /** A tenth of the rate at which the loss was lowest: it still falls there, and is far from where it blows up. */
  readonly suggested: number;
}

/** The test ends when the loss is this many times the lowest so far. */
const STOP_FACTOR = 4;
/** What the smoothed loss keeps of its past at every step. */
const SMOOTHING = 0.9;
const SAFETY = 10;

/** @returns what was measured up to the end, which a loss that is not finite brings as well */
export async function findLearningRate({
  network,
  images,
  parameters,
  seed,
  lowest = 1e-7,
  highest = 10,
  steps = 200,
}: RangeTest): Promise<RangeTestResult> {
  const weights = initialWeights(network.plan, seed);
  const gradient = new Float32Array(weights.length);
  const lossAndGradient = createGradient(network, parameters);
  const update = createOptimizer(parameters)(network.plan);
  const rates: number[] = [];
  const losses: number[] = [];
  let average = 0;
  let weight = 0;
  let best = 0;
  for (const batch of batchesWithoutEnd({ network, images, parameters, seed })) {
    const loss = await lossAndGradient(weights, batch, gradient);
    average = SMOOTHING * average + (1 - SMOOTHING) * loss;
    weight = SMOOTHING * weight + (1 - SMOOTHING);
    // `!(≤)` instead of `>`: NaN ends the test, too.
    if (rates.length > 0 && !(average / weight <= STOP_FACTOR * losses[best])) break;
    // From the top down, since `power` takes numbers up to 1.
    rates.push(highest * power(lowest / highest, 1 - rates.length / (steps - 1)));
    losses.push(average / weight);
    if (losses[losses.length - 1] < losses[best]) best = losses.length - 1;
    if (rates.length === steps) break;
    update(weights, gradient, rates[rates.length - 1]);
  }
  return { rates, losses, suggested: rates[best] / SAFETY };
}

function* batchesWithoutEnd({ network, images, parameters, seed }: RangeTest) {
  const { batchSize, augment: augmentation, labelSmoothing, classWeights } = parameters;
  const batches = createBatches(images, batchSize, seed, {
    augmentation,
    labelSmoothing,
    classWeights,
    classes: network.plan.classes,
  });
  for (let epoch = 0; ; epoch += 1) yield* batches(epoch);
}
