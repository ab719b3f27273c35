/** Stochastic Weight Averaging: plain training for `swaStart` of the epochs, then a high learning rate and an average. */
import { swa as average } from '../collectors/swa.ts';
import { type Clock, type Parameters, parametersSchema } from '../experiment.ts';
import type { Method } from '../method.ts';
import { constant, join, plateau, sawtooth } from '../schedules.ts';
import { space } from './space.ts';

/** The bottom of a cycle, as a share of its top. */
const CYCLE_DEPTH = 1 / 20;

export const swa: Method = {
  title: 'SWA',
  // Found by a search on the folds of Digit Recognizer, see DESIGN.md.
  defaults: parametersSchema.parse({
    learningRate: 0.1,
    momentum: 0.75,
    batchSize: 128,
    patience: 2,
    swaCycle: 2,
    swaRate: 1,
  }),
  space,
  compose(parameters, clock) {
    const { learningRate, swaRate, swaCycle, includeStart } = parameters;
    const start = averagingStart(parameters, clock) * clock.stepsPerEpoch;
    const top = swaRate * learningRate;
    const cycleSteps = swaCycle * clock.stepsPerEpoch;
    const averaging = swaCycle > 0 ? sawtooth(top, CYCLE_DEPTH * top, cycleSteps) : constant(top);
    return {
      schedule: join(plateau(parameters), start, averaging, clock),
      collector: average({ start, every: cycleSteps || clock.stepsPerEpoch, includeStart }),
    };
  },
};

/** The epoch with which averaging starts: near `swaStart` of them, and so that whole cycles fill the rest. */
function averagingStart({ swaStart, swaCycle }: Parameters, { epochs }: Clock): number {
  const cycle = swaCycle || 1;
  const points = Math.max(1, Math.round(((1 - swaStart) * epochs) / cycle));
  return Math.max(0, epochs - points * cycle);
}
