/** The points of one training, averaged as predictions (FGE) and as weights (SWA). */
import { type Experiment, of } from '../experiment.ts';
import { descent, onFashion, sizes } from './common.ts';

export const swaVsFge: Experiment = {
  question: 'Is averaging weights as good as averaging predictions, and close to it to the second order?',
  sources: ['Izmailov et al. 2018, arXiv:1803.05407, section 3.5', 'Garipov et al. 2018, arXiv:1802.10026'],
  ...onFashion,
  parameters: { ...descent, finalRate: 0.5, swaRate: 0.5, swaCycle: 2, swaStart: 0.6 },
  arms: { sgd: { method: 'plain', parameters: { finalRate: 0.01 } }, fge: { method: 'fge' }, swa: { method: 'swa' } },
  measurements: ['members', 'second-order'],
  claims: [
    {
      says: 'The ensemble beats its mean member',
      value: of('fge'),
      relation: 'above',
      than: of('fge', 'memberAccuracy'),
    },
    {
      says: 'The average of its weights beats its mean member',
      value: of('fge', 'averageAccuracy'),
      relation: 'above',
      than: of('fge', 'memberAccuracy'),
    },
    {
      says: 'The average predicts as the ensemble does: their gap is below half of the spread',
      value: of('fge', 'gap'),
      relation: 'below',
      than: of('fge', 'spread'),
      times: 0.5,
    },
    { says: 'The gap shrinks faster than Δ^1.5', value: of('fge', 'gapSlope'), relation: 'above', than: 1.5 },
    {
      says: 'The spread shrinks no faster than Δ^1.25',
      value: of('fge', 'spreadSlope'),
      relation: 'below',
      than: 1.25,
    },
    {
      says: 'SWA is not a fifth of a point below FGE',
      value: of('swa'),
      relation: 'above',
      than: of('fge'),
      plus: -0.002,
    },
  ],
  ...sizes,
  minutes: 3,
};
