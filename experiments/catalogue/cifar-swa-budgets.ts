/**
 * Table 1 of the SWA paper on its own images, with a small residual network: 1, 1.25 and 1.5 times the epochs of SGD.
 */
import { augmentations } from '../../data/index.ts';
import { above, below, type Experiment, of } from '../experiment.ts';
import { budgetArms, budgetClaims } from './common.ts';

export const cifarSwaBudgets: Experiment = {
  question: 'Does SWA beat SGD on CIFAR-10 at the same budget, and does it gain from a longer averaging phase?',
  sources: ['Izmailov et al. 2018, arXiv:1803.05407, table 1'],
  publishedOn: 'all 50,000 images of CIFAR-10, PreResNet-164, 150 epochs',
  competition: 'cifar-10',
  model: 'resnet-small',
  test: 'file',
  // As in the paper: η = 0.1 for half of the epochs, then linear to 0.01 η, or to 0.5 η, at which SWA averages.
  parameters: {
    batchSize: 128,
    learningRate: 0.1,
    momentum: 0.9,
    weightDecay: 0.0005,
    schedule: 'linear',
    swaRate: 0.5,
    swaCycle: 0,
    augment: { ...augmentations.none, crop: 4, flip: true },
  },
  ...budgetArms({ finalRate: 0.5 }, { sgd: 95.28, fge: 95.45, swa: 95.56, 'swa-1.25': 95.77, 'swa-1.5': 95.83 }),
  claims: [
    ...budgetClaims,
    above('SWA gains from 1.5 budgets', of('swa-1.5'), of('swa')),
    below('SWA has the lower log loss at the same budget', of('swa', 'loss'), of('sgd', 'loss')),
  ],
  full: { train: 24_960, validation: 2000, epochs: 20, seeds: 3 },
  quick: { train: 2560, validation: 500, epochs: 12, seeds: 2 },
  minutes: 75,
};
