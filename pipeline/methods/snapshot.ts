/**
 * Snapshot Ensembles: the epochs are cut into `snapshots` cosine cycles; the weights at the end of each predict
 * together. The method has its own schedule and ignores the parameter `schedule`. Source: Huang et al. 2017,
 * arXiv:1704.00109.
 */
import { snapshots } from '../collectors/snapshots.ts';
import type { Method } from '../method.ts';
import { join, totalSteps } from '../schedule.ts';
import { constant } from '../schedules/constant.ts';
import { cosineRestarts } from '../schedules/cosine.ts';
import { space } from './space.ts';
import { swa } from './swa.ts';

export const snapshot: Method = {
  title: 'Snapshot',
  // Descends as the search found best for SWA, see docs/design/decisions/0010-defaults.md.
  defaults: swa.defaults,
  // Patience is left out, because this schedule does not look for plateaus.
  space: {
    learningRate: space.learningRate,
    momentum: space.momentum,
    batchSize: space.batchSize,
    snapshots: { kind: 'int', low: 2, high: 8 },
  },
  uses: ['snapshots'],
  compose(parameters, clock) {
    const total = totalSteps(clock);
    const count = Math.min(parameters.snapshots, total);
    const cycleSteps = Math.floor(total / count);
    // Cycles of whole steps may be a few steps shorter than the training. Those steps come first, at the highest rate.
    const rest = total - count * cycleSteps;
    const { learningRate } = parameters;
    return {
      schedule: join(constant(learningRate), rest, cosineRestarts(learningRate, 0, cycleSteps), clock),
      collector: snapshots({ first: rest + cycleSteps, every: cycleSteps }),
    };
  },
};
