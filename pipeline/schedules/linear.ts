/**
 * High for one half, then a straight line down to `bottom`, where the last tenth stays.
 * Source: the decaying schedule that Izmailov et al. 2018, arXiv:1803.05407, train with before they average.
 */
import type { Schedule } from '../schedule.ts';

const FALL_BEGINS = 0.5;
const FALL_ENDS = 0.9;

export const linear = (top: number, bottom: number, steps: number): Schedule => ({
  rate(i) {
    const t = (i / steps - FALL_BEGINS) / (FALL_ENDS - FALL_BEGINS);
    return top + (bottom - top) * Math.min(1, Math.max(0, t));
  },
});
