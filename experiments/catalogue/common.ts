/** Common settings, so that arms can be compared across experiments. */
import { above, type Arm, type Claim, type Experiment, type GivenParameters, of } from '../experiment.ts';

/**
 * Fashion-MNIST, whose test file has labels, with an MLP of 269,322 weights, which can memorize the training images.
 */
export const onFashion = {
  competition: 'fashion-mnist',
  model: 'mlp',
  test: 'file',
} as const satisfies Partial<Experiment>;

/**
 * The baseline: momentum SGD with tuned learning rate and weight decay. Chosen on 10,000 validation images of the
 * training file (20,000 others to train on, 10 epochs, one seed) from η of .02, .05, .1 and .2 with λ of .0001 and
 * .001: 87.83 % against 86.71 to 87.61 %. The other methods use the same settings, which favours SGD.
 */
export const descent = {
  batchSize: 128,
  learningRate: 0.05,
  momentum: 0.9,
  weightDecay: 0.0001,
  schedule: 'cosine',
} as const satisfies GivenParameters;

/**
 * SWA as in the paper: the learning rate falls to half and stays there, and every epoch adds a point to the average.
 */
export const constantSwa = { finalRate: 0.5, swaRate: 0.5, swaCycle: 0 } as const satisfies GivenParameters;

/**
 * Sizes of most experiments, with whole batches of 128. With 10,000 images the last batch of an epoch has 16 images. At
 * a constant rate this step right before scoring or averaging cost SGD up to 8.8 points and AdaGrad up to 14.9.
 */
export const sizes = {
  full: { train: 9984, validation: 2000, epochs: 24, seeds: 5 },
  quick: { train: 4992, validation: 1000, epochs: 12, seeds: 3 },
} as const satisfies Partial<Experiment>;

/** The averaging phase of FGE and SWA begins after this share of one budget. */
const START = 0.75;

/**
 * Table 1 of Izmailov et al. 2018: SGD, FGE, and SWA with 1, 1.25 and 1.5 budgets, all after the same first three
 * quarters.
 * @param averaging parameters of FGE and SWA
 * @param published accuracies in percent
 */
export function budgetArms(
  averaging: GivenParameters,
  published: Readonly<Record<'sgd' | 'fge' | 'swa' | 'swa-1.25' | 'swa-1.5', number>>,
): Pick<Experiment, 'arms' | 'sweep'> {
  const swa = (budget: number, accuracy: number): Arm => ({
    method: 'swa',
    budget,
    published: accuracy,
    parameters: { ...averaging, swaStart: START / budget },
  });
  return {
    arms: {
      sgd: { method: 'plain', published: published.sgd },
      'sgd-1.5': { method: 'plain', budget: 1.5 },
      fge: { method: 'fge', published: published.fge, parameters: { ...averaging, swaStart: START } },
      swa: swa(1, published.swa),
      'swa-1.25': swa(1.25, published['swa-1.25']),
      'swa-1.5': swa(1.5, published['swa-1.5']),
    },
    sweep: { over: 'epochs', lines: { SGD: ['sgd', 'sgd-1.5'], SWA: ['swa', 'swa-1.25', 'swa-1.5'] } },
  };
}

/** Claims about `budgetArms` that are the same for all images. */
export const budgetClaims: readonly Claim[] = [
  above('SWA beats SGD at the same budget', of('swa'), of('sgd')),
  above('SWA with 1.5 budgets beats SGD with as many', of('swa-1.5'), of('sgd-1.5')),
];
