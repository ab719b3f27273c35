/** All optimizers on one task, each with the usual learning rate of its paper or its users, without tuning. */
import type { OptimizerName } from '../../pipeline/index.ts';
import { above, type Arm, type Experiment, of } from '../experiment.ts';
import { descent, onFashion, sizes } from './common.ts';

const arm = (optimizer: OptimizerName, learningRate: number, others: Arm['parameters'] = {}): Arm => ({
  method: 'plain',
  parameters: { optimizer, learningRate, ...others },
});

export const optimizers: Experiment = {
  question: 'How far does each optimizer come in the same epochs?',
  sources: ['Kingma and Ba 2015, arXiv:1412.6980', 'Sutskever et al. 2013'],
  ...onFashion,
  parameters: { ...descent, schedule: 'constant' },
  arms: {
    sgd: arm('sgd', 0.01),
    momentum: arm('momentum', 0.01),
    'heavy-ball': arm('heavy-ball', 0.01),
    nesterov: arm('nesterov', 0.01),
    adagrad: arm('adagrad', 0.01),
    rmsprop: arm('rmsprop', 0.001, { squareDecay: 0.9 }),
    adam: arm('adam', 0.001),
    adamw: arm('adamw', 0.001, { weightDecay: 0.01 }),
  },
  claims: [
    above('At the same rate momentum beats SGD', of('momentum'), of('sgd')),
    above('Adam beats SGD, neither tuned', of('adam'), of('sgd')),
    above('Nesterov is not more than half a point worse than momentum', of('nesterov'), of('momentum'), {
      plus: -0.005,
    }),
    above(
      'Adam fits the training images better than AdaGrad',
      of('adam', 'trainAccuracy'),
      of('adagrad', 'trainAccuracy'),
    ),
  ],
  full: { ...sizes.full, epochs: 12 },
  quick: { ...sizes.quick, epochs: 8 },
  minutes: 3,
};
