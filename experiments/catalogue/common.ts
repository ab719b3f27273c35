/** What experiments share, so that their arms can be compared across experiments too. */
import { type Arm, type Claim, type Experiment, type GivenParameters, of } from '../experiment.ts';

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

/** The averaging phase of FGE and SWA begins after so much of one budget. */
const START = 0.75;

/**
 * Table 1 of Izmailov et al. 2018: SGD, FGE, and SWA with 1, 1.25 and 1.5 budgets, all after the same first three quarters.
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

/** What `budgetArms` claims on all images. */
export const budgetClaims: readonly Claim[] = [
  { says: 'SWA beats SGD at the same budget', value: of('swa'), relation: 'above', than: of('sgd') },
  { says: 'SWA with 1.5 budgets beats SGD with as many', value: of('swa-1.5'), relation: 'above', than: of('sgd-1.5') },
];
