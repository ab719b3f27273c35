/** Plain training: momentum SGD, η halved on a plateau, the last weights predict, or the best after an early stop. */
import { lastWeights } from '../collector.ts';
import { parametersSchema } from '../parameters.ts';
import type { Method } from '../method.ts';
import { createSchedule } from '../schedules/index.ts';
import { space } from './space.ts';

export const plain: Method = {
  title: 'plain',
  // Found by a search on the folds of Digit Recognizer, see docs/design/decisions/0010-defaults.md.
  defaults: parametersSchema.parse({ learningRate: 0.1, momentum: 0.83, batchSize: 128, patience: 3 }),
  space,
  uses: ['schedule', 'warmUpEpochs', 'restoreBest'],
  compose: (parameters, clock) => ({ schedule: createSchedule(parameters, clock), collector: lastWeights() }),
};
