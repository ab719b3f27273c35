/**
 * SWA's sawtooth over `cycleSteps` = c:  α = (1 − t) α₁ + t α₂  with  t = (mod(i − 1, c) + 1) / c  for step
 * i = 1, 2, … Source: Izmailov et al. 2018, arXiv:1803.05407, section 3.2.
 */
import type { Schedule } from '../schedule.ts';

export const sawtooth = (top: number, bottom: number, cycleSteps: number): Schedule => ({
  rate(step) {
    const t = ((step % cycleSteps) + 1) / cycleSteps;
    return (1 - t) * top + t * bottom;
  },
});
