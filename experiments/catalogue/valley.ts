/** SGD and SWA, which share three quarters of the epochs: the loss around each, and between them. */
import { RAYS } from '../measurements/rays.ts';
import { above, below, type Experiment, of } from '../experiment.ts';
import { constantSwa, descent, onFashion, sizes } from './common.ts';

export const valley: Experiment = {
  question: 'Does SGD end at the edge of a wide valley, and SWA inside?',
  sources: ['Izmailov et al. 2018, arXiv:1803.05407, section 3.4'],
  ...onFashion,
  parameters: { ...descent, ...constantSwa },
  arms: { sgd: { method: 'annealed', beside: { method: 'swa' } } },
  measurements: ['segment', 'rays'],
  claims: [
    below(
      `Along ${RAYS} random rays the test error grows slower from SWA than from SGD`,
      of('sgd', 'besideGrowth'),
      of('sgd', 'growth'),
      { test: 'sign' },
    ),
    below(
      'On the line between them SGD has the lower train loss',
      of('sgd', 'trainLoss'),
      of('sgd', 'besideTrainLoss'),
    ),
    below(
      'On the line between them SWA has the lower test error',
      of('sgd', 'besideTestError'),
      of('sgd', 'testError'),
    ),
    above(
      'From SGD the test error grows faster away from SWA than towards it',
      of('sgd', 'outward'),
      of('sgd', 'inward'),
    ),
  ],
  // More seeds for the sign test, in which all of five seeds would have to agree.
  full: { ...sizes.full, seeds: 10 },
  quick: { ...sizes.quick, seeds: 5 },
  minutes: 6,
};
