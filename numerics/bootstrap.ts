/** Bootstrap. */
import { random } from './random.ts';
import { median, standardDeviation } from './statistics.ts';

const RESAMPLES = 1000;

/** Standard error of the median by bootstrap, with a fixed seed. Source: Efron 1979. */
export function medianError(values: readonly number[]): number {
  const stream = random(0, 0, 'bootstrap');
  const draw = (): number => values[Math.floor(stream.float() * values.length)];
  return standardDeviation(Array.from({ length: RESAMPLES }, () => median(values.map(draw))));
}
