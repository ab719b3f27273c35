/** SWA with 1, 1.25 and 1.5 times the epochs of SGD, all after the same first three quarters. */
import { type Arm, type Experiment, of } from '../experiment.ts';
import { constantSwa, descent, onFashion, sizes } from './common.ts';

const START = 0.75;

const swa = (budget: number, published: number): Arm => ({
  method: 'swa',
  budget,
  published,
  parameters: { ...constantSwa, swaStart: START / budget },
});

export const swaBudgets: Experiment = {
  question: 'Does SWA gain from a longer averaging phase, and does it beat SGD with as many epochs?',
  sources: ['Izmailov et al. 2018, arXiv:1803.05407, table 1'],
  publishedOn: 'CIFAR-10, VGG-16',
  ...onFashion,
  parameters: descent,
  arms: {
    sgd: { method: 'plain', published: 93.25 },
    'sgd-1.5': { method: 'plain', budget: 1.5 },
    fge: { method: 'fge', published: 93.52, parameters: { ...constantSwa, swaStart: START } },
    swa: swa(1, 93.59),
    'swa-1.25': swa(1.25, 93.7),
    'swa-1.5': swa(1.5, 93.64),
  },
  sweep: { over: 'epochs', lines: { SGD: ['sgd', 'sgd-1.5'], SWA: ['swa', 'swa-1.25', 'swa-1.5'] } },
  claims: [
    { says: 'SWA beats SGD at the same budget', value: of('swa'), relation: 'above', than: of('sgd') },
    {
      says: 'SWA with 1.5 budgets beats SGD with as many',
      value: of('swa-1.5'),
      relation: 'above',
      than: of('sgd-1.5'),
    },
    {
      says: 'SWA with 1.25 budgets is not a tenth of a point worse than with 1',
      value: of('swa-1.25'),
      relation: 'above',
      than: of('swa'),
      plus: -0.001,
    },
    {
      says: 'SWA with 1.5 budgets is not a tenth of a point worse than with 1.25',
      value: of('swa-1.5'),
      relation: 'above',
      than: of('swa-1.25'),
      plus: -0.001,
    },
  ],
  ...sizes,
  minutes: 5,
};
