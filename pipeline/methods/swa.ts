/** Stochastic Weight Averaging: plain training for `swaStart` of the epochs, then a high learning rate and an average. */
import { UserError } from '../../base/user-error.ts';
import type { Points } from '../collector.ts';
import { swa as average } from '../collectors/swa.ts';
import { type Clock, join, type Schedule } from '../schedule.ts';
import { type Parameters, parametersSchema } from '../parameters.ts';
import type { Method } from '../method.ts';
import { constant } from '../schedules/constant.ts';
import { createSchedule } from '../schedules/index.ts';
import { sawtooth } from '../schedules/sawtooth.ts';
import { space } from './space.ts';

/** The bottom of a cycle, as a share of its top. */
export const CYCLE_DEPTH = 1 / 20;

export const swa: Method = {
  title: 'SWA',
  // Found by a search on the folds of Digit Recognizer, see docs/design/decisions/0010-defaults.md.
  defaults: parametersSchema.parse({
    learningRate: 0.13,
    momentum: 0.74,
    batchSize: 128,
    patience: 2,
    swaCycle: 2,
    swaRate: 1,
  }),
  space,
  uses: ['schedule', 'warmUpEpochs', 'swaStart', 'swaRate', 'swaCycle', 'includeStart'],
  compose(parameters, clock) {
    const { learningRate, swaRate, swaCycle } = parameters;
    const { stepsPerEpoch } = clock;
    const startEpoch = averagingStart(parameters, clock);
    const start = startEpoch * stepsPerEpoch;
    const top = swaRate * learningRate;
    const cycleSteps = swaCycle * stepsPerEpoch;
    const before = scheduleBefore('averaging', parameters, { epochs: startEpoch, stepsPerEpoch });
    const averaging = swaCycle > 0 ? sawtooth(top, CYCLE_DEPTH * top, cycleSteps) : constant(top);
    return {
      schedule: join(before, start, averaging, clock),
      collector: average(averagingPoints(parameters, clock)),
    };
  },
};

/**
 * The points to average, one for each epoch or cycle. With `includeStart` the weights where averaging starts are the
 * first of them, as in the paper; without, as in most code, those one epoch or cycle later.
 */
export function averagingPoints(parameters: Parameters, clock: Clock): Points {
  const start = averagingStart(parameters, clock) * clock.stepsPerEpoch;
  const every = (parameters.swaCycle || 1) * clock.stepsPerEpoch;
  return { first: parameters.includeStart ? start : start + every, every };
}

/**
 * The schedule before a phase that a method is named for.
 * @throws UserError if a plateau may end training before that phase: what then predicts would be a plain solution
 */
export function scheduleBefore(phase: string, parameters: Parameters, clock: Clock): Schedule {
  if (parameters.schedule === 'plateau' && parameters.onPlateau === 'stop') {
    throw new UserError(`Expected onPlateau to be "lower" or "ignore" before ${phase}, got "stop". Change it.`);
  }
  return createSchedule(parameters, clock);
}

/** The epoch with which averaging starts: near `swaStart` of them, and so that whole cycles fill the rest. */
export function averagingStart({ swaStart, swaCycle }: Parameters, { epochs }: Clock): number {
  const cycle = swaCycle || 1;
  const points = Math.max(1, Math.round(((1 - swaStart) * epochs) / cycle));
  return Math.max(0, epochs - points * cycle);
}
