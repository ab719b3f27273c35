/** Mode connectivity: two networks from different initial weights, and paths between them. */
import { type Experiment, of } from '../experiment.ts';
import { descent, onFashion, sizes } from './common.ts';

export const connectivity: Experiment = {
  question: 'Are two independent solutions connected by a curve of low loss, though not by a straight line?',
  sources: ['Garipov et al. 2018, arXiv:1802.10026'],
  ...onFashion,
  parameters: descent,
  arms: { sgd: { method: 'plain', beside: { method: 'plain', isIndependent: true } } },
  measurements: ['connection'],
  claims: [
    {
      says: 'The loss barrier of a Bézier curve is below a tenth of that of the chord',
      value: of('sgd', 'bezierBarrier'),
      relation: 'below',
      than: of('sgd', 'chordBarrier'),
      times: 0.1,
    },
    {
      says: 'The loss barrier of a polygonal chain is below a tenth of that of the chord',
      value: of('sgd', 'polygonalBarrier'),
      relation: 'below',
      than: of('sgd', 'chordBarrier'),
      times: 0.1,
    },
    {
      says: 'The highest test error on a Bézier curve is no more than a point above that of an end',
      value: of('sgd', 'bezierError'),
      relation: 'below',
      than: of('sgd', 'endError'),
      plus: 0.01,
    },
  ],
  full: sizes.full,
  quick: { ...sizes.quick, epochs: 8 },
  minutes: 5,
};
