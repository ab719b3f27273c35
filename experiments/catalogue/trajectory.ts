/** Trajectories of SGD at constant and cyclical rates, and the quality of the iterates and their averages. */
import { type Experiment, of } from '../experiment.ts';
import { constantSwa, descent, onFashion, sizes } from './common.ts';

export const trajectory: Experiment = {
  question: 'Do the weights circle around a point that is better than they are?',
  sources: ['Izmailov et al. 2018, arXiv:1803.05407, sections 3.1 and 3.3'],
  ...onFashion,
  parameters: { ...descent, ...constantSwa, swaStart: 0.6 },
  arms: {
    constant: { method: 'swa-points' },
    cyclical: { method: 'swa-points', parameters: { swaCycle: 2 } },
  },
  measurements: ['members', 'path'],
  claims: [
    {
      says: 'At a constant rate the average beats its mean point',
      value: of('constant', 'averageAccuracy'),
      relation: 'above',
      than: of('constant', 'memberAccuracy'),
    },
    {
      says: 'At a cyclical rate the average beats its mean point',
      value: of('cyclical', 'averageAccuracy'),
      relation: 'above',
      than: of('cyclical', 'memberAccuracy'),
    },
    {
      says: 'Points at the ends of cycles are better than those at a constant rate',
      value: of('cyclical', 'memberAccuracy'),
      relation: 'above',
      than: of('constant', 'memberAccuracy'),
    },
    {
      says: 'Points at a constant rate predict more differently than the ends of cycles',
      value: of('constant', 'spread'),
      relation: 'above',
      than: of('cyclical', 'spread'),
    },
  ],
  ...sizes,
  minutes: 3,
};
