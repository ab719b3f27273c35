/** The plane through three points of SGD at a constant rate. */
import { below, type Experiment, of } from '../experiment.ts';
import { constantSwa, descent, onFashion, sizes } from './common.ts';

export const iterates: Experiment = {
  question: 'Do SGD’s iterates lie around a place that is better than they are?',
  sources: ['Izmailov et al. 2018, arXiv:1803.05407, section 3.3'],
  ...onFashion,
  parameters: { ...descent, ...constantSwa, swaStart: 0.6 },
  arms: { constant: { method: 'swa-points' }, cyclical: { method: 'swa-points', parameters: { swaCycle: 2 } } },
  measurements: ['plane'],
  claims: (['constant', 'cyclical'] as const).flatMap((arm) => [
    below(
      `At a ${arm} rate the mean of three iterates has a lower test error than the best of them`,
      of(arm, 'centreError'),
      of(arm, 'bestCornerError'),
    ),
    below(
      `At a ${arm} rate the best place of the plane is nearer to their mean than they are`,
      of(arm, 'lowestDistance'),
      1,
    ),
  ]),
  ...sizes,
  minutes: 5,
};
