/** Snapshot Ensembles: several networks from one training. */
import { above, type Experiment, of } from '../experiment.ts';
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
    above('Three snapshots together beat their mean', of('snapshot-3'), of('snapshot-3', 'memberAccuracy')),
    above('Six snapshots together beat their mean', of('snapshot-6'), of('snapshot-6', 'memberAccuracy')),
    above('Three snapshots beat one descent of as many epochs', of('snapshot-3'), of('sgd')),
  ],
  ...sizes,
  minutes: 3,
};
