/**
 * Fast Geometric Ensembling's triangle over `cycleSteps` = c, from α₁ down to α₂ in the middle and up again:
 *   t = (mod(i − 1, c) + 1) / c,   α = (1 − 2t) α₁ + 2t α₂ for t ≤ ½, else (2 − 2t) α₂ + (2t − 1) α₁,
 * for step i = 1, 2, … Source: Garipov et al. 2018, arXiv:1802.10026.
 */
import type { Schedule } from '../schedule.ts';

export const fgeTriangle = (top: number, bottom: number, cycleSteps: number): Schedule => ({
  rate(step) {
    const t = ((step % cycleSteps) + 1) / cycleSteps;
    return t <= 0.5 ? (1 - 2 * t) * top + 2 * t * bottom : (2 - 2 * t) * bottom + (2 * t - 1) * top;
  },
});
