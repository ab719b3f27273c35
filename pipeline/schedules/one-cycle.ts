/**
 * One cycle: a straight line up from `bottom` to `top`, one as long down again, and in the last tenth a fall to a
 * hundredth of `bottom`. Source: Smith and Topin 2017, arXiv:1708.07120.
 */
import { type Clock, join, type Schedule, totalSteps } from '../schedule.ts';
import { triangular } from './triangular.ts';

const CYCLE_SHARE = 0.9;
const LAST_FALL = 1 / 100;

export function oneCycle(top: number, bottom: number, clock: Clock): Schedule {
  const steps = totalSteps(clock);
  const halfCycle = (CYCLE_SHARE * steps) / 2;
  const cycleSteps = Math.ceil(2 * halfCycle);
  const fall: Schedule = { rate: (i) => bottom * (1 - (1 - LAST_FALL) * ((i + 1) / (steps - cycleSteps))) };
  return join(triangular({ bottom, top, halfCycle }), cycleSteps, fall, clock);
}
