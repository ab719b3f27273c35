/**
 * The rate falls by a factor at each of some milestones:  η_i = η · factor^(milestones ≤ i), as PyTorch's `MultiStepLR`.
 * Source: He et al. 2016, arXiv:1512.03385, section 4.2: a tenth after half and after three quarters of the steps.
 */
import { power } from '../../numerics/elementary.ts';
import type { Schedule } from '../schedule.ts';

/**
 * @param factor in (0, 1]
 * @param milestones steps, ascending
 */
export const multiStep = (learningRate: number, factor: number, milestones: readonly number[]): Schedule => ({
  rate: (i) => learningRate * power(factor, milestones.filter((milestone) => i >= milestone).length),
});
