/** Step decay:  η_i = η · factor^⌊i / every⌋. */
import { power } from '../../numerics/elementary.ts';
import type { Schedule } from '../schedule.ts';

/**
 * @param factor in (0, 1]
 * @param every steps between two falls
 */
export const step = (learningRate: number, factor: number, every: number): Schedule => ({
  rate: (i) => learningRate * power(factor, Math.floor(i / every)),
});
