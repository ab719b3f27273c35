/** Statistics of samples, in float64. Sums run from the first value to the last. */

/** Σ xᵢ; 0 for no values. */
export const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Arithmetic mean; NaN for no values. */
export const mean = (values: readonly number[]): number => sum(values) / values.length;

/** Sample variance, over n − 1; NaN for fewer than two values. */
export function sampleVariance(values: readonly number[]): number {
  if (values.length < 2) return NaN;
  const middle = mean(values);
  return sum(values.map((value) => (value - middle) ** 2)) / (values.length - 1);
}

/** Sample standard deviation: the root of `sampleVariance`. */
export const standardDeviation = (values: readonly number[]): number => Math.sqrt(sampleVariance(values));

/** Standard error of the mean; NaN for fewer than two values. */
export const standardError = (values: readonly number[]): number =>
  standardDeviation(values) / Math.sqrt(values.length);

/** Median: the middle of the sorted values, or the mean of the two middle ones; NaN for no values. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const [below, above] = [Math.floor((sorted.length - 1) / 2), Math.floor(sorted.length / 2)];
  return below === above ? (sorted[above] ?? NaN) : (sorted[below] + sorted[above]) / 2;
};

/** The smallest value; Infinity for no values. (`Math.min(...values)` overflows the stack for 100,000 values.) */
export const smallest = (values: readonly number[]): number =>
  values.reduce((least, value) => Math.min(least, value), Infinity);

/** The largest value; −Infinity for no values. */
export const largest = (values: readonly number[]): number =>
  values.reduce((most, value) => Math.max(most, value), -Infinity);

/** Upper median: the middle of the sorted values, or the larger of the two middle ones; NaN for no values. */
export const upperMedian = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
