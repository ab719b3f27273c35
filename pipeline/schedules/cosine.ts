/**
 * Cosine annealing:  η_i = bottom + ½ (top − bottom) (1 + cos(π i / steps)), and its restarts.
 * Source: Loshchilov and Hutter 2017, arXiv:1608.03983.
 */
import { cos } from '../../numerics/elementary.ts';
import type { Schedule } from '../schedule.ts';

/** Down to `bottom` at step `steps`, where it stays. */
export const cosine = (top: number, bottom: number, steps: number): Schedule => ({
  // ½ (1 + cos x) = cos²(x / 2), whose argument stays within a quarter of a turn.
  rate: (i) => bottom + (top - bottom) * cos((Math.PI / 2) * Math.min(1, i / steps)) ** 2,
});

/**
 * The rate falls along the cosine once in every `cycleSteps` steps and jumps back:  η_i = ½ η (1 + cos(π T_cur / T)).
 * Source: Huang et al. 2017 (Snapshot Ensembles), arXiv:1704.00109, equation 2.
 */
export const cosineRestarts = (top: number, bottom: number, cycleSteps: number): Schedule => {
  const cycle = cosine(top, bottom, cycleSteps);
  return { rate: (i) => cycle.rate(i % cycleSteps) };
};
