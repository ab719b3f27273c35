/** SAM: the radius ρ, the cost, and m-sharpness with sub-batches. */
import { type Arm, type Experiment, of } from '../experiment.ts';
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
    {
      says: 'SAM with the paper’s ρ of .05 is more accurate than SGD',
      value: of('sam-0.05'),
      relation: 'above',
      than: of('sgd'),
    },
    {
      says: 'SAM with the paper’s ρ beats SGD that trains twice as long',
      value: of('sam-0.05'),
      relation: 'above',
      than: of('sgd-2'),
    },
    {
      says: 'SAM’s minimum is flatter',
      value: of('sam-0.05', 'sharpness'),
      relation: 'below',
      than: of('sgd', 'sharpness'),
    },
    {
      says: 'The largest eigenvalue of the Hessian is smaller at SAM’s minimum',
      value: of('sam-0.05', 'lambdaMax'),
      relation: 'below',
      than: of('sgd', 'lambdaMax'),
    },
    {
      says: 'SAM costs more than 1.7 times as much as SGD',
      value: of('sam-0.05', 'seconds'),
      relation: 'above',
      than: of('sgd', 'seconds'),
      times: 1.7,
    },
    {
      says: 'SAM costs less than 2.3 times as much as SGD',
      value: of('sam-0.05', 'seconds'),
      relation: 'below',
      than: of('sgd', 'seconds'),
      times: 2.3,
    },
    {
      says: 'Sub-batches of 32 make SAM more accurate',
      value: of('sam-0.05-m-32'),
      relation: 'above',
      than: of('sam-0.05'),
    },
  ],
  full: sizes.full,
  quick: { ...sizes.quick, epochs: 8 },
  minutes: 15,
};
