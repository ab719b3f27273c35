/** Mode connectivity: two networks from different initial weights, and paths between them. */
import { below, type Experiment, of } from '../experiment.ts';
import { descent, onFashion, sizes } from './common.ts';

export const connectivity: Experiment = {
  question: 'Are two independent solutions connected by a curve of low loss, though not by a straight line?',
  sources: ['Garipov et al. 2018, arXiv:1802.10026'],
  ...onFashion,
  parameters: descent,
  arms: { sgd: { method: 'plain', beside: { method: 'plain', isIndependent: true } } },
  measurements: ['connection'],
  claims: [
    below(
      'The loss barrier of a Bézier curve is below a tenth of that of the chord',
      of('sgd', 'bezierBarrier'),
      of('sgd', 'chordBarrier'),
      { times: 0.1 },
    ),
    below(
      'The loss barrier of a polygonal chain is below a tenth of that of the chord',
      of('sgd', 'polygonalBarrier'),
      of('sgd', 'chordBarrier'),
      { times: 0.1 },
    ),
    below(
      'The highest test error on a Bézier curve is no more than a point above that of an end',
      of('sgd', 'bezierError'),
      of('sgd', 'endError'),
      { plus: 0.01 },
    ),
  ],
  full: sizes.full,
  quick: { ...sizes.quick, epochs: 8 },
  minutes: 5,
};
