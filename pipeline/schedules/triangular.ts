/**
 * Cyclical learning rates: straight lines from `bottom` up to `top` in `halfCycle` steps and down again in as many,
 *   η_i = bottom + (top − bottom) · max(0, 1 − x) · amplitude,   x = |i / halfCycle − 2 · cycle − 1|.
 * The three policies differ in the amplitude alone. Source: Smith 2017, arXiv:1506.01186.
 */
import { power } from '../../numerics/elementary.ts';
import type { Schedule } from '../schedule.ts';

export interface Triangle {
  readonly bottom: number;
  readonly top: number;
  /** Steps; not always whole ones. */
  readonly halfCycle: number;
}

/** Every cycle is as high as the first. */
export const triangular = (triangle: Triangle): Schedule => cyclical(triangle, () => 1);

/** Every cycle is half as high as the one before. */
export const triangular2 = (triangle: Triangle): Schedule => cyclical(triangle, (_i, cycle) => 0.5 ** cycle);

/** The height shrinks by `gamma` in (0, 1] with every step. */
export const expRange = (triangle: Triangle, gamma: number): Schedule => cyclical(triangle, (i) => power(gamma, i));

/** @param amplitude of a step and its cycle, both counted from 0 */
const cyclical = ({ bottom, top, halfCycle }: Triangle, amplitude: (i: number, cycle: number) => number): Schedule => ({
  rate(i) {
    const cycle = Math.floor(i / (2 * halfCycle));
    const x = Math.abs(i / halfCycle - 2 * cycle - 1);
    return bottom + (top - bottom) * Math.max(0, 1 - x) * amplitude(i, cycle);
  },
});
