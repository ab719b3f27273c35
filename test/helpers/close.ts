/** Comparison of vectors of numbers. */
import type { ExecutionContext } from 'ava';

/** Asserts |actual − expected| ≤ tolerance × the largest |expected|, for every element. */
export function assertClose(
  t: ExecutionContext,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  t.is(actual.length, expected.length, `${what}: length`);
  const size = Array.from(expected, Math.abs).reduce((most, value) => Math.max(most, value), 0);
  // `!(≤)` instead of `>`: NaN is not close to anything.
  const far = Array.from(expected).findIndex((value, i) => !(Math.abs(actual[i] - value) <= tolerance * size));
  t.is(far, -1, `${what}[${far}]: expected ${expected[far]} ± ${tolerance * size}, got ${actual[far]}`);
}
