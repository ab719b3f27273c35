/** SGD and SWA that part after three quarters of the epochs: what lies around each, and between the two. */
import { RAYS } from '../measurements/rays.ts';
import { type Experiment, of } from '../experiment.ts';
import { constantSwa, descent, onFashion, sizes } from './common.ts';

export const valley: Experiment = {
  question: 'Does SGD end at the edge of a wide valley, and SWA inside?',
  sources: ['Izmailov et al. 2018, arXiv:1803.05407, section 3.4'],
  ...onFashion,
  parameters: { ...descent, ...constantSwa },
  arms: { sgd: { method: 'annealed', beside: { method: 'swa' } } },
  measurements: ['segment', 'rays'],
  claims: [
    {
      says: `Along ${RAYS} random rays the test error grows slower from SWA than from SGD`,
      value: of('sgd', 'raysWonBeside'),
      relation: 'above',
      than: RAYS / 2,
      pairs: RAYS,
    },
    {
      says: 'On the line between them SGD has the lower train loss',
      value: of('sgd', 'trainLoss'),
      relation: 'below',
      than: of('sgd', 'besideTrainLoss'),
    },
    {
      says: 'On the line between them SWA has the lower test error',
      value: of('sgd', 'besideTestError'),
      relation: 'below',
      than: of('sgd', 'testError'),
    },
    {
      says: 'From SGD the test error grows faster away from SWA than towards it',
      value: of('sgd', 'outward'),
      relation: 'above',
      than: of('sgd', 'inward'),
    },
  ],
  full: sizes.full,
  quick: sizes.quick,
  minutes: 3,
};
