/** Exponential decay:  η_i = η · factor^(i / every). */
import { power } from '../../numerics/elementary.ts';
import type { Schedule } from '../schedule.ts';

/**
 * @param factor in (0, 1]
 * @param every steps in which the rate falls by `factor`
 */
export const exponential = (learningRate: number, factor: number, every: number): Schedule => ({
  rate: (i) => learningRate * power(factor, i / every),
});
