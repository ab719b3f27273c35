/** The published comparison on Fashion-MNIST, with an SGD beside it that was tuned as well as the others. */
import { type Experiment, of } from '../experiment.ts';

export const fashionMlp: Experiment = {
  question: 'Does SWA beat SGD, Adam and a Snapshot Ensemble with two hidden layers of 256 on Fashion-MNIST?',
  sources: ['the published table of .871, .898, .899 and .901, whose learning rates and epochs are not given'],
  competition: 'fashion-mnist',
  model: 'mlp',
  test: 'file',
  parameters: { batchSize: 128, weightDecay: 0, momentum: 0.9, schedule: 'constant' },
  arms: {
    sgd: { method: 'plain', parameters: { optimizer: 'sgd', learningRate: 0.01 }, published: 87.1 },
    adam: { method: 'plain', parameters: { optimizer: 'adam', learningRate: 0.001 }, published: 89.8 },
    snapshot: { method: 'snapshot', parameters: { learningRate: 0.1, snapshots: 5 }, published: 89.9 },
    swa: {
      method: 'swa',
      parameters: { learningRate: 0.05, schedule: 'cosine', finalRate: 0.5, swaRate: 0.5, swaCycle: 0 },
      published: 90.1,
    },
    'tuned-sgd': { method: 'plain', parameters: { learningRate: 0.05, schedule: 'cosine', weightDecay: 0.0003 } },
  },
  claims: [
    { says: 'SWA is more accurate than SGD', value: of('swa'), relation: 'above', than: of('sgd') },
    { says: 'SWA is more accurate than Adam', value: of('swa'), relation: 'above', than: of('adam') },
    {
      says: 'SWA is more accurate than a Snapshot Ensemble',
      value: of('swa'),
      relation: 'above',
      than: of('snapshot'),
    },
    { says: 'SWA is more accurate than a tuned SGD', value: of('swa'), relation: 'above', than: of('tuned-sgd') },
  ],
  full: { train: 55_000, validation: 5000, epochs: 20, seeds: 3 },
  quick: { train: 10_000, validation: 2000, epochs: 10, seeds: 3 },
  minutes: 7,
};
