/**
 * The interval [L, H] in which numbers are drawn: in the logarithm where the distribution says so, and half a step
 * wider on both sides where there is a grid, so that the ends are as likely as the rest.
 */
import { gridValue, stepOf } from '../distributions.ts';
import type { NumericDistribution } from '../distributions.ts';

export interface Range {
  readonly low: number;
  readonly high: number;
}

export function rangeOf(distribution: NumericDistribution): Range {
  return cellOf(distribution, distribution.low, distribution.high);
}

/** The part of the range that is rounded to this value; without a grid nothing but the value. */
export function cellOf(distribution: NumericDistribution, from: number, to = from): Range {
  const half = stepOf(distribution) / 2;
  return { low: toRange(distribution, from - half), high: toRange(distribution, to + half) };
}

export function toRange(distribution: NumericDistribution, value: number): number {
  return distribution.log === true ? Math.log(value) : value;
}

/** Back from the range: rounded to the grid and kept within the bounds. */
export function fromRange(distribution: NumericDistribution, position: number): number {
  const { low, high, log } = distribution;
  const step = stepOf(distribution);
  const value = log === true ? Math.exp(position) : position;
  const rounded = step === 0 ? value : gridValue(distribution, Math.round((value - low) / step));
  return Math.min(Math.max(rounded, low), high);
}
