/** Schedules that a configuration can name: a new one is a file beside this one and a line here. */
import { power } from '../../numerics/elementary.ts';
import { type Clock, type Schedule, totalSteps } from '../schedule.ts';
import { constant } from './constant.ts';
import { cosine, cosineRestarts } from './cosine.ts';
import { exponential } from './exponential.ts';
import { linear } from './linear.ts';
import { oneCycle } from './one-cycle.ts';
import { plateau } from './plateau.ts';
import { step } from './step.ts';
import { expRange, type Triangle, triangular, triangular2 } from './triangular.ts';
import { warmUp } from './warm-up.ts';

/** What schedules take of the parameters; `parametersSchema` says what each means. */
export interface ScheduleOptions {
  readonly learningRate: number;
  readonly finalRate: number;
  readonly patience: number;
  readonly onPlateau: 'lower' | 'stop' | 'ignore';
  readonly cycleEpochs: number;
}

type Create = (options: ScheduleOptions, clock: Clock) => Schedule;

/** Each fills the clock: those that fall are at `finalRate` of `learningRate` by its end. */
export const schedules = {
  constant: ({ learningRate }) => constant(learningRate),
  plateau: (options) => plateau(options),
  // Three levels, the last one at the final rate.
  step: ({ learningRate, finalRate }, clock) =>
    step(learningRate, Math.sqrt(finalRate), Math.ceil(totalSteps(clock) / 3)),
  exponential: ({ learningRate, finalRate }, clock) => exponential(learningRate, finalRate, totalSteps(clock)),
  linear: (options, clock) => linear(options.learningRate, bottom(options), totalSteps(clock)),
  cosine: (options, clock) => cosine(options.learningRate, bottom(options), totalSteps(clock)),
  'cosine-restarts': (options, clock) => cosineRestarts(options.learningRate, bottom(options), cycle(options, clock)),
  'one-cycle': (options, clock) => oneCycle(options.learningRate, bottom(options), clock),
  triangular: (options, clock) => triangular(triangle(options, clock)),
  triangular2: (options, clock) => triangular2(triangle(options, clock)),
  'exp-range': (options, clock) => expRange(triangle(options, clock), power(options.finalRate, 1 / totalSteps(clock))),
} as const satisfies Record<string, Create>;

export type ScheduleName = keyof typeof schedules;

/** The schedule that the parameters name, with its warm-up. */
export function createSchedule(
  options: ScheduleOptions & { readonly schedule: ScheduleName; readonly warmUpEpochs: number },
  clock: Clock,
): Schedule {
  const create: Create = schedules[options.schedule];
  const schedule = create(options, clock);
  const steps = Math.round(options.warmUpEpochs * clock.stepsPerEpoch);
  return steps > 0 ? warmUp(schedule, steps) : schedule;
}

const bottom = ({ learningRate, finalRate }: ScheduleOptions): number => finalRate * learningRate;

/** At least two steps, so that a cycle has a top and a bottom. */
const cycle = ({ cycleEpochs }: ScheduleOptions, { stepsPerEpoch }: Clock): number =>
  Math.max(2, Math.round(cycleEpochs * stepsPerEpoch));

const triangle = (options: ScheduleOptions, clock: Clock): Triangle => ({
  bottom: bottom(options),
  top: options.learningRate,
  halfCycle: cycle(options, clock) / 2,
});
