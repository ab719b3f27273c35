/** SWA from scratch: a constant rate from the first step, and the average of all epochs after the first 140 of 300. */
import { above, type Experiment, of } from '../experiment.ts';
import { descent, onFashion, sizes } from './common.ts';

const points = { swaStart: 140 / 300, swaRate: 1, swaCycle: 0 } as const;

export const swaFromScratch: Experiment = {
  question: 'Does averaging make up for a learning rate that never falls?',
  sources: ['Izmailov et al. 2018, arXiv:1803.05407, section 4.5: 81.7 % on CIFAR-100'],
  ...onFashion,
  parameters: { ...descent, learningRate: 0.1, schedule: 'constant' },
  arms: {
    sgd: { method: 'plain' },
    'swa-points': { method: 'swa-points', parameters: points },
    swa: { method: 'swa', parameters: points },
    cosine: { method: 'plain', parameters: { schedule: 'cosine' } },
  },
  measurements: ['members'],
  claims: [
    above('SWA is a whole point above SGD at the same constant rate', of('swa'), of('sgd'), { plus: 0.01 }),
    above(
      'The average is above its mean point',
      of('swa-points', 'averageAccuracy'),
      of('swa-points', 'memberAccuracy'),
    ),
    above('SWA at a constant rate is not half a point below a cosine', of('swa'), of('cosine'), { plus: -0.005 }),
  ],
  ...sizes,
  minutes: 3,
};
