/** Stochastic Weight Averaging: plain training for `swaStart` of the epochs, then a high learning rate and an average. */
import { swa as average } from '../collectors/swa.ts';
import { parametersSchema } from '../experiment.ts';
import type { Method } from '../method.ts';
import { constant, join, plateau, sawtooth } from '../schedules.ts';
import { space } from './space.ts';

/** The bottom of a cycle, as a share of its top. */
const CYCLE_DEPTH = 1 / 20;

export const swa: Method = {
  title: 'SWA',
  defaults: parametersSchema.parse({ learningRate: 0.06, momentum: 0.9, batchSize: 128, patience: 3 }),
  space,
  compose(parameters, clock) {
    const { learningRate, swaStart, swaRate, swaCycle, includeStart } = parameters;
    const start = Math.floor(swaStart * clock.epochs) * clock.stepsPerEpoch;
    const top = swaRate * learningRate;
    const cycleSteps = swaCycle * clock.stepsPerEpoch;
    const averaging = swaCycle > 0 ? sawtooth(top, CYCLE_DEPTH * top, cycleSteps) : constant(top);
    return {
      schedule: join(plateau(parameters), start, averaging, clock),
      collector: average({ start, every: cycleSteps || clock.stepsPerEpoch, includeStart }),
    };
  },
};
