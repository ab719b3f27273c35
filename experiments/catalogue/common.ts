/** What the experiments on Fashion-MNIST share, so that their arms can be compared across experiments too. */
import type { Experiment, GivenParameters } from '../experiment.ts';

/** An MLP of 269,322 weights has room to learn by heart, so that it matters how one trains; the test file is labelled. */
export const onFashion = {
  competition: 'fashion-mnist',
  model: 'mlp',
  test: 'file',
} as const satisfies Partial<Experiment>;

/**
 * A tuned, well decayed momentum SGD: what a method has to beat. Chosen on 10,000 validation images of the training file
 * (20,000 others to train on, 10 epochs, one seed) from η of .02, .05, .1 and .2 with λ of .0001 and .001: 87.83 % against
 * 86.71 to 87.61 %. The other methods descend with the same settings, which is to SGD's advantage.
 */
export const descent = {
  batchSize: 128,
  learningRate: 0.05,
  momentum: 0.9,
  weightDecay: 0.0001,
  schedule: 'cosine',
} as const satisfies GivenParameters;

/** SWA as in the paper: the rate falls to half of it, stays there, and every epoch is a point of the average. */
export const constantSwa = { finalRate: 0.5, swaRate: 0.5, swaCycle: 0 } as const satisfies GivenParameters;

/**
 * Sizes of most experiments: whole batches of 128. With 10,000 images the last batch of an epoch has 16, and at a constant
 * rate that one step, just before the weights are scored or averaged, cost SGD up to 8.8 points and AdaGrad up to 14.9.
 */
export const sizes = {
  full: { train: 9984, validation: 2000, epochs: 24, seeds: 5 },
  quick: { train: 4992, validation: 1000, epochs: 12, seeds: 3 },
} as const satisfies Partial<Experiment>;
