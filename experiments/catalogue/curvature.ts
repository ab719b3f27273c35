/** Curvature of the training loss at the solutions of SGD, SWA and SAM. */
import { above, below, type Experiment, of } from '../experiment.ts';
import { constantSwa, descent, onFashion, sizes } from './common.ts';

const belowSgd = (arm: string, metric: string, says: string) => below(says, of(arm, metric), of('sgd', metric));

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
    belowSgd('swa', 'lambdaMax', 'The largest eigenvalue is smaller at SWA than at SGD'),
    belowSgd('swa', 'trace', 'The trace is smaller at SWA than at SGD'),
    belowSgd('sam', 'lambdaMax', 'The largest eigenvalue is smaller at SAM than at SGD'),
    belowSgd('sam', 'trace', 'The trace is smaller at SAM than at SGD'),
    belowSgd('sam', 'sharpness128', 'SAM is less sharp than SGD with as many images as it trained with, m 128'),
    above(
      'Fewer images climb higher: at SGD, m 8 is sharper than m 512',
      of('sgd', 'sharpness8'),
      of('sgd', 'sharpness512'),
    ),
    below(
      'SAM with sub-batches of 32 is less sharp at m 32 than SAM with whole batches',
      of('sam-m-32', 'sharpness32'),
      of('sam', 'sharpness32'),
    ),
  ],
  full: sizes.full,
  quick: { ...sizes.quick, epochs: 8 },
  minutes: 10,
};
