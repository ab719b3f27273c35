/** Trajectories of SGD at constant and cyclical rates, and the quality of the iterates and their averages. */
import { above, type Experiment, of } from '../experiment.ts';
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
    above(
      'At a constant rate the average beats its mean point',
      of('constant', 'averageAccuracy'),
      of('constant', 'memberAccuracy'),
    ),
    above(
      'At a cyclical rate the average beats its mean point',
      of('cyclical', 'averageAccuracy'),
      of('cyclical', 'memberAccuracy'),
    ),
    above(
      'Points at the ends of cycles are better than those at a constant rate',
      of('cyclical', 'memberAccuracy'),
      of('constant', 'memberAccuracy'),
    ),
    above(
      'Points at a constant rate predict more differently than the ends of cycles',
      of('constant', 'spread'),
      of('cyclical', 'spread'),
    ),
  ],
  ...sizes,
  minutes: 3,
};
