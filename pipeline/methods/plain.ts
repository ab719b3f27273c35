/** Plain training: momentum SGD, η halved on a plateau, the last weights predict. */
import { lastWeights } from '../collector.ts';
import { parametersSchema } from '../experiment.ts';
import type { Method } from '../method.ts';
import { plateau } from '../schedules.ts';
import { space } from './space.ts';

export const plain: Method = {
  title: 'plain',
  defaults: parametersSchema.parse({ learningRate: 0.02, momentum: 0.9, batchSize: 32, patience: 3 }),
  space,
  compose: (parameters) => ({ schedule: plateau(parameters), collector: lastWeights() }),
};
