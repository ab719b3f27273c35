/** SWA with 1, 1.25 and 1.5 times the epochs of SGD, all after the same first three quarters. */
import { above, type Experiment, of } from '../experiment.ts';
import { budgetArms, budgetClaims, constantSwa, descent, onFashion, sizes } from './common.ts';

export const swaBudgets: Experiment = {
  question: 'Does SWA gain from a longer averaging phase, and does it beat SGD with as many epochs?',
  sources: ['Izmailov et al. 2018, arXiv:1803.05407, table 1'],
  publishedOn: 'CIFAR-10, VGG-16',
  ...onFashion,
  parameters: descent,
  ...budgetArms(constantSwa, { sgd: 93.25, fge: 93.52, swa: 93.59, 'swa-1.25': 93.7, 'swa-1.5': 93.64 }),
  claims: [
    ...budgetClaims,
    above('SWA with 1.25 budgets is not a tenth of a point worse than with 1', of('swa-1.25'), of('swa'), {
      plus: -0.001,
    }),
    above('SWA with 1.5 budgets is not a tenth of a point worse than with 1.25', of('swa-1.5'), of('swa-1.25'), {
      plus: -0.001,
    }),
  ],
  ...sizes,
  minutes: 5,
};
