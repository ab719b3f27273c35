/** Curvature of the training loss at the solutions of SGD, SWA and SAM. */
import { type Experiment, of } from '../experiment.ts';
import { constantSwa, descent, onFashion, sizes } from './common.ts';

const below = (arm: string, metric: string, says: string) => ({
  says,
  value: of(arm, metric),
  relation: 'below' as const,
  than: of('sgd', metric),
});

export const curvature: Experiment = {
  question: 'Are the places that SWA and SAM find flatter than that of SGD?',
  sources: ['Izmailov et al. 2018, arXiv:1803.05407', 'Foret et al. 2021, arXiv:2010.01412, sections 3.4 and 4'],
  ...onFashion,
  parameters: { ...descent, ...constantSwa },
  arms: {
    sgd: { method: 'annealed' },
    swa: { method: 'swa' },
    sam: { method: 'annealed', parameters: { rho: 0.05 } },
    'sam-m-32': { method: 'annealed', parameters: { rho: 0.05, subBatch: 32 } },
  },
  measurements: ['curvature', 'm-sharpness'],
  claims: [
    below('swa', 'lambdaMax', 'The largest eigenvalue is smaller at SWA than at SGD'),
    below('swa', 'trace', 'The trace is smaller at SWA than at SGD'),
    below('sam', 'lambdaMax', 'The largest eigenvalue is smaller at SAM than at SGD'),
    below('sam', 'trace', 'The trace is smaller at SAM than at SGD'),
    below('sam', 'sharpness128', 'SAM is less sharp than SGD with as many images as it trained with, m 128'),
    {
      says: 'Fewer images climb higher: at SGD, m 8 is sharper than m 512',
      value: of('sgd', 'sharpness8'),
      relation: 'above',
      than: of('sgd', 'sharpness512'),
    },
    {
      says: 'SAM with sub-batches of 32 is less sharp at m 32 than SAM with whole batches',
      value: of('sam-m-32', 'sharpness32'),
      relation: 'below',
      than: of('sam', 'sharpness32'),
    },
  ],
  full: sizes.full,
  quick: { ...sizes.quick, epochs: 8 },
  minutes: 10,
};
