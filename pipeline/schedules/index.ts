/** Schedules that a configuration can name: a new one is a file beside this one and a line here. */
import { power } from '../../numerics/elementary.ts';
import { type Clock, type Schedule, totalSteps } from '../schedule.ts';
import { constant } from './constant.ts';
import { cosine, cosineRestarts } from './cosine.ts';
import { exponential } from './exponential.ts';
import { linear } from './linear.ts';
import { multiStep } from './multi-step.ts';
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

interface Entry {
  readonly create: (options: ScheduleOptions, clock: Clock) => Schedule;
  /** Which options it looks at, besides `learningRate`. */
  readonly uses: readonly Exclude<keyof ScheduleOptions, 'learningRate'>[];
}

/** Each fills the clock: those that fall are at `finalRate` of `learningRate` by its end. */
const entries = {
  constant: { create: ({ learningRate }) => constant(learningRate), uses: [] },
  plateau: { create: (options) => plateau(options), uses: ['patience', 'onPlateau'] },
  step: {
    // Three levels, the last one at the final rate.
    create: ({ learningRate, finalRate }, clock) =>
      step(learningRate, Math.sqrt(finalRate), Math.ceil(totalSteps(clock) / 3)),
    uses: ['finalRate'],
  },
  'multi-step': {
    // Three levels too, at the milestones of He et al.
    create: ({ learningRate, finalRate }, clock) =>
      multiStep(
        learningRate,
        Math.sqrt(finalRate),
        [1 / 2, 3 / 4].map((share) => Math.ceil(share * totalSteps(clock))),
      ),
    uses: ['finalRate'],
  },
  exponential: {
    create: ({ learningRate, finalRate }, clock) => exponential(learningRate, finalRate, totalSteps(clock)),
    uses: ['finalRate'],
  },
  linear: {
    create: (options, clock) => linear(options.learningRate, bottom(options), totalSteps(clock)),
    uses: ['finalRate'],
  },
  cosine: {
    create: (options, clock) => cosine(options.learningRate, bottom(options), totalSteps(clock)),
    uses: ['finalRate'],
  },
  'cosine-restarts': {
    create: (options, clock) => cosineRestarts(options.learningRate, bottom(options), cycle(options, clock)),
    uses: ['finalRate', 'cycleEpochs'],
  },
  'one-cycle': {
    create: (options, clock) => oneCycle(options.learningRate, bottom(options), clock),
    uses: ['finalRate'],
  },
  triangular: {
    create: (options, clock) => triangular(triangle(options, clock)),
    uses: ['finalRate', 'cycleEpochs'],
  },
  triangular2: {
    create: (options, clock) => triangular2(triangle(options, clock)),
    uses: ['finalRate', 'cycleEpochs'],
  },
  'exp-range': {
    create: (options, clock) => expRange(triangle(options, clock), power(options.finalRate, 1 / totalSteps(clock))),
    uses: ['finalRate', 'cycleEpochs'],
  },
} as const satisfies Record<string, Entry>;

export type ScheduleName = keyof typeof entries;
export const schedules: Readonly<Record<ScheduleName, Entry>> = entries;

/** The schedule that the parameters name, with its warm-up. */
export function createSchedule(
  options: ScheduleOptions & { readonly schedule: ScheduleName; readonly warmUpEpochs: number },
  clock: Clock,
): Schedule {
  const schedule = schedules[options.schedule].create(options, clock);
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
