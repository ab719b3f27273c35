/** Cyclical learning rates: triangular between a sixth of the rate and the rate, as in the paper. */
import { above, type Experiment, of } from '../experiment.ts';
import { descent, onFashion, sizes } from './common.ts';

const cycle = { finalRate: 1 / 6, cycleEpochs: 6 } as const;

export const clr: Experiment = {
  question: 'Does Nesterov momentum with a cyclical learning rate beat Adam?',
  sources: ['Smith 2017, arXiv:1506.01186'],
  ...onFashion,
  parameters: { ...descent, optimizer: 'nesterov' },
  arms: {
    constant: { method: 'plain', parameters: { schedule: 'constant' } },
    triangular: { method: 'plain', parameters: { ...cycle, schedule: 'triangular' } },
    triangular2: { method: 'plain', parameters: { ...cycle, schedule: 'triangular2' } },
    'exp-range': { method: 'plain', parameters: { ...cycle, schedule: 'exp-range' } },
    adam: { method: 'plain', parameters: { optimizer: 'adam', learningRate: 0.001, schedule: 'constant' } },
    'adam-cosine': { method: 'plain', parameters: { optimizer: 'adam', learningRate: 0.001 } },
  },
  claims: [
    above('Triangular CLR beats Adam', of('triangular'), of('adam')),
    above('Triangular CLR beats a constant rate', of('triangular'), of('constant')),
    above('Triangular CLR beats Adam with a cosine', of('triangular'), of('adam-cosine')),
  ],
  ...sizes,
  minutes: 5,
};
