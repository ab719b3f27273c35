/** The points of one training, averaged as predictions (FGE) and as weights (SWA). */
import { above, below, type Experiment, of } from '../experiment.ts';
import { descent, onFashion, sizes } from './common.ts';

export const swaVsFge: Experiment = {
  question: 'Is averaging weights as good as averaging predictions, and close to it to the second order?',
  sources: ['Izmailov et al. 2018, arXiv:1803.05407, section 3.5', 'Garipov et al. 2018, arXiv:1802.10026'],
  ...onFashion,
  parameters: { ...descent, finalRate: 0.5, swaRate: 0.5, swaCycle: 2, swaStart: 0.6 },
  arms: { sgd: { method: 'plain', parameters: { finalRate: 0.01 } }, fge: { method: 'fge' }, swa: { method: 'swa' } },
  measurements: ['members', 'second-order'],
  claims: [
    above('The ensemble beats its mean member', of('fge'), of('fge', 'memberAccuracy')),
    above(
      'The average of its weights beats its mean member',
      of('fge', 'averageAccuracy'),
      of('fge', 'memberAccuracy'),
    ),
    below(
      'The average predicts as the ensemble does: their gap is below half of the spread',
      of('fge', 'gap'),
      of('fge', 'spread'),
      { times: 0.5 },
    ),
    above('The gap shrinks faster than Δ^1.5', of('fge', 'gapSlope'), 1.5),
    below('The spread shrinks no faster than Δ^1.25', of('fge', 'spreadSlope'), 1.25),
    above('SWA is not a fifth of a point below FGE', of('swa'), of('fge'), { plus: -0.002 }),
  ],
  ...sizes,
  minutes: 3,
};
