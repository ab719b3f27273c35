/** Snapshot Ensembles: several networks from one training. */
import { type Experiment, of } from '../experiment.ts';
import { descent, onFashion, sizes } from './common.ts';

export const snapshot: Experiment = {
  question: 'Does an ensemble of the minima of one training beat its members, and one long descent?',
  sources: ['Huang et al. 2017, arXiv:1704.00109'],
  ...onFashion,
  parameters: descent,
  arms: {
    sgd: { method: 'plain' },
    'snapshot-3': { method: 'snapshot', parameters: { snapshots: 3 } },
    'snapshot-6': { method: 'snapshot', parameters: { snapshots: 6 } },
  },
  measurements: ['members'],
  claims: [
    {
      says: 'Three snapshots together beat their mean',
      value: of('snapshot-3'),
      relation: 'above',
      than: of('snapshot-3', 'memberAccuracy'),
    },
    {
      says: 'Six snapshots together beat their mean',
      value: of('snapshot-6'),
      relation: 'above',
      than: of('snapshot-6', 'memberAccuracy'),
    },
    {
      says: 'Three snapshots beat one descent of as many epochs',
      value: of('snapshot-3'),
      relation: 'above',
      than: of('sgd'),
    },
  ],
  ...sizes,
  minutes: 3,
};
