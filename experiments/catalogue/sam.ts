/** SAM: the radius ρ, the cost, and m-sharpness with sub-batches. */
import { above, below, type Arm, type Experiment, of } from '../experiment.ts';
import { descent, onFashion, sizes } from './common.ts';

const sam = (rho: number, subBatch = 0): Arm => ({ method: 'plain', parameters: { rho, subBatch } });

export const samSweep: Experiment = {
  question: 'Does SAM find flatter and better minima, and is that worth two gradients a step?',
  sources: ['Foret et al. 2021, arXiv:2010.01412'],
  publishedOn: 'CIFAR-10, WRN-28-10',
  ...onFashion,
  parameters: descent,
  arms: {
    sgd: { ...sam(0), published: 96.5 },
    'sgd-2': { ...sam(0), budget: 2 },
    'sam-0.02': sam(0.02),
    'sam-0.05': { ...sam(0.05), published: 97.3 },
    'sam-0.1': sam(0.1),
    'sam-0.2': sam(0.2),
    'sam-0.5': sam(0.5),
    'sam-0.05-m-32': sam(0.05, 32),
  },
  sweep: { over: 'rho', lines: { SAM: ['sgd', 'sam-0.02', 'sam-0.05', 'sam-0.1', 'sam-0.2', 'sam-0.5'] } },
  measurements: ['sharpness', 'curvature'],
  claims: [
    above('SAM with the paper’s ρ of .05 is more accurate than SGD', of('sam-0.05'), of('sgd')),
    above('SAM with the paper’s ρ beats SGD that trains twice as long', of('sam-0.05'), of('sgd-2')),
    below('SAM’s minimum is flatter', of('sam-0.05', 'sharpness'), of('sgd', 'sharpness')),
    below(
      'The largest eigenvalue of the Hessian is smaller at SAM’s minimum',
      of('sam-0.05', 'lambdaMax'),
      of('sgd', 'lambdaMax'),
    ),
    above('SAM costs more than 1.7 times as much as SGD', of('sam-0.05', 'seconds'), of('sgd', 'seconds'), {
      times: 1.7,
    }),
    below('SAM costs less than 2.3 times as much as SGD', of('sam-0.05', 'seconds'), of('sgd', 'seconds'), {
      times: 2.3,
    }),
    above('Sub-batches of 32 make SAM more accurate', of('sam-0.05-m-32'), of('sam-0.05')),
  ],
  full: sizes.full,
  quick: { ...sizes.quick, epochs: 8 },
  minutes: 15,
};
