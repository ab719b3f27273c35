/** The published comparison on Fashion-MNIST, and an SGD that was tuned on validation images. */
import { above, type Experiment, of } from '../experiment.ts';
import { constantSwa, descent, onFashion } from './common.ts';

export const fashionMlp: Experiment = {
  question: 'Does SWA beat SGD, Adam and a Snapshot Ensemble with two hidden layers of 256 on Fashion-MNIST?',
  sources: ['the published table of .871, .898, .899 and .901, whose learning rates and epochs are not given'],
  ...onFashion,
  parameters: { batchSize: 128, weightDecay: 0, momentum: 0.9, schedule: 'constant' },
  arms: {
    sgd: { method: 'plain', parameters: { optimizer: 'sgd', learningRate: 0.01 }, published: 87.1 },
    adam: { method: 'plain', parameters: { optimizer: 'adam', learningRate: 0.001 }, published: 89.8 },
    snapshot: { method: 'snapshot', parameters: { learningRate: 0.1, snapshots: 5 }, published: 89.9 },
    swa: {
      method: 'swa',
      parameters: { ...constantSwa, learningRate: 0.05, schedule: 'cosine' },
      published: 90.1,
    },
    'tuned-sgd': { method: 'plain', parameters: descent },
  },
  claims: [
    above('SWA is more accurate than SGD', of('swa'), of('sgd')),
    above('SWA is more accurate than Adam', of('swa'), of('adam')),
    above('SWA is more accurate than a Snapshot Ensemble', of('swa'), of('snapshot')),
    above('SWA is more accurate than a tuned SGD', of('swa'), of('tuned-sgd')),
  ],
  full: { train: 55_000, validation: 5000, epochs: 15, seeds: 3 },
  quick: { train: 9984, validation: 2000, epochs: 10, seeds: 3 },
  minutes: 6,
};
