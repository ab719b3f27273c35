/**
 * Where the components of one numeric parameter sit and how wide they are. Slots number the components of an estimator: one
 * for each observation, the prior last.
 */
import { logNormalMass } from '../../numerics/normal.ts';
import type { NumericDistribution } from '../distributions.ts';
import type { Column } from './columns.ts';
import { rangeOf } from './range.ts';

/** Beyond so many widths a normal distribution has less than half the rounding error of 1. */
const certainty = 9;

export interface Components {
  /** In the range of the distribution, by slot. */
  readonly centres: Float64Array;
  readonly widths: Float64Array;
  /** The width that is not undercut. */
  readonly narrowest: number;
}

/**
 * Centres and widths in the range [L, H] of the distribution. A width is the larger gap to the two neighbours, at the
 * ends the only gap, at least R / min(100, k + 2) and at most R = H − L. The prior sits in the middle, R wide.
 *
 * @param slotOf slot of every trial, −1 for those that are no part of the estimator
 * @param count number k of observations
 * @param evenWidth width of all observations as a share of R, from 1/100 to 1. Default: the gaps
 */
export function placeComponents(
  column: Column,
  distribution: NumericDistribution,
  slotOf: Int32Array,
  count: number,
  evenWidth?: number,
): Components {
  const { low, high } = rangeOf(distribution);
  const range = high - low;
  const narrowest = range * (evenWidth ?? 1 / Math.min(100, count + 2));
  const [centres, widths] = [new Float64Array(count + 1), new Float64Array(count + 1)];
  centres[count] = (low + high) / 2;
  const sorted = new Uint32Array(count);
  let rank = 0;
  for (const trial of column.order) {
    const slot = slotOf[trial];
    if (slot < 0) continue;
    centres[slot] = column.coordinates[trial];
    sorted[rank++] = slot;
  }
  for (rank = 0; rank < count; rank++) {
    const centre = centres[sorted[rank]];
    const below = rank > 0 ? centre - centres[sorted[rank - 1]] : count === 1 ? centre - low : 0;
    const above = rank < count - 1 ? centres[sorted[rank + 1]] - centre : count === 1 ? high - centre : 0;
    widths[sorted[rank]] = evenWidth === undefined ? Math.min(Math.max(below, above, narrowest), range) : narrowest;
  }
  widths[count] = range;
  return { centres, widths, narrowest };
}

/** The part of a component's mass that lies in the range. */
export function truncationMass({ centres, widths }: Components, slot: number, low: number, high: number): number {
  const [below, above] = [(low - centres[slot]) / widths[slot], (high - centres[slot]) / widths[slot]];
  return below < -certainty && above > certainty ? 1 : Math.exp(logNormalMass(below, above));
}
