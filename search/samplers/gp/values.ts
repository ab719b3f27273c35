/** Values of trials as a Gaussian process likes them: without a long tail of bad ones, of mean 0 and variance 1. */
import { mean, smallest, upperMedian } from '../../../numerics/statistics.ts';

/**
 * What lies above the median m is drawn towards it: v → m + w log(1 + (v − m) / w), where w is the distance from the
 * best to the median. The slope is 1 at the median, and how bad the bad ones are no longer hides differences between
 * good ones.
 */
export function warp(values: readonly number[]): readonly number[] {
  const median = upperMedian(values);
  const width = median - smallest(values) || 1;
  return values.map((value) => (value <= median ? value : median + width * Math.log1p((value - median) / width)));
}

/** The value that `warp` of these values makes a number of. */
export function unwarp(values: readonly number[]): (warped: number) => number {
  const median = upperMedian(values);
  const width = median - smallest(values) || 1;
  return (warped) => (warped <= median ? warped : median + width * Math.expm1((warped - median) / width));
}

/** The value that `standardize` of these values makes a number of. */
export function unstandardize(values: readonly number[]): (standard: number) => number {
  const middle = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - middle) ** 2))) || 1;
  return (standard) => middle + deviation * standard;
}

/** Equal values become 0. */
export function standardize(values: readonly number[]): Float64Array {
  const middle = mean(values);
  const deviation = Math.sqrt(mean(values.map((value) => (value - middle) ** 2))) || 1;
  return Float64Array.from(values, (value) => (value - middle) / deviation);
}
