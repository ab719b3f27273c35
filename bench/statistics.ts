/** Small statistics of benchmark numbers. */
import { randomStream } from '../search/random.ts';

const RESAMPLES = 1000;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Standard error of the median by bootstrap, from a seed of its own. Source: Efron 1979. */
export function medianError(values: readonly number[]): number {
  const uniform = randomStream(0, 0, 'bootstrap');
  const draw = (): number => values[Math.floor(uniform() * values.length)];
  const medians = Array.from({ length: RESAMPLES }, () => median(values.map(draw)));
  const mean = medians.reduce((sum, value) => sum + value, 0) / RESAMPLES;
  return Math.sqrt(medians.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (RESAMPLES - 1));
}
