/** Training with noisy labels: which methods memorize them? */
import { augmentations } from '../../data/index.ts';
import { above, type Arm, type Experiment, type GivenParameters, of } from '../experiment.ts';
import { descent, onFashion } from './common.ts';

const mixup: GivenParameters = { augment: { ...augmentations.none, mixup: 1 } };
const sam: GivenParameters = { rho: 0.1 };

/** Published accuracies on CIFAR-10 with a ResNet-32, at 20, 40, 60 and 80 % noise. */
const ways: Readonly<Record<string, { parameters: GivenParameters; published: readonly number[] }>> = {
  sgd: { parameters: {}, published: [84.8, 68.8, 48.2, 26.2] },
  mixup: { parameters: mixup, published: [93.0, 90.0, 83.8, 70.2] },
  'bootstrap-mixup': { parameters: { ...mixup, bootstrap: true }, published: [93.3, 92.0, 87.6, 72.0] },
  sam: { parameters: sam, published: [95.1, 93.4, 90.5, 77.9] },
  'bootstrap-sam': { parameters: { ...sam, bootstrap: true }, published: [95.4, 94.2, 91.8, 79.9] },
};
const PERCENTS = [20, 40, 60, 80];

const arms: Record<string, Arm> = {};
for (const [i, percent] of PERCENTS.entries()) {
  for (const [way, { parameters, published }] of Object.entries(ways)) {
    arms[`${way}-${percent}`] = {
      method: 'plain',
      parameters: { ...parameters, labelNoise: percent / 100 },
      published: published[i],
    };
  }
}

export const labelNoise: Experiment = {
  question: 'Do SAM, mixup and bootstrapped labels withstand wrong labels?',
  sources: ['Foret et al. 2021, arXiv:2010.01412, table 4 (CIFAR-10)', 'Zhang et al. 2018, arXiv:1710.09412'],
  publishedOn: 'CIFAR-10, ResNet-32',
  ...onFashion,
  parameters: { ...descent, weightDecay: 0 },
  arms,
  sweep: {
    over: 'labelNoise',
    lines: Object.fromEntries(Object.keys(ways).map((way) => [way, PERCENTS.map((percent) => `${way}-${percent}`)])),
  },
  claims: [40, 60].flatMap((percent) => [
    above(`At ${percent} % SAM beats SGD`, of(`sam-${percent}`), of(`sgd-${percent}`)),
    above(`At ${percent} % mixup beats SGD`, of(`mixup-${percent}`), of(`sgd-${percent}`)),
    above(`At ${percent} % SAM gains from bootstrapped labels`, of(`bootstrap-sam-${percent}`), of(`sam-${percent}`)),
    above(
      `At ${percent} % mixup gains from bootstrapped labels`,
      of(`bootstrap-mixup-${percent}`),
      of(`mixup-${percent}`),
    ),
  ]),
  full: { train: 4992, validation: 1000, epochs: 40, seeds: 3 },
  quick: { train: 1920, validation: 500, epochs: 16, seeds: 3 },
  minutes: 14,
};
