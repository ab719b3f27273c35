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
  let size = 0;
  for (let i = 0; i < expected.length; i += 1) size = Math.max(size, Math.abs(expected[i]));
  // `≤` instead of `!(>)`: NaN is not close to anything.
  let far = 0;
  while (far < expected.length && Math.abs(actual[far] - expected[far]) <= tolerance * size) far += 1;
  t.is(far, expected.length, `${what}[${far}]: expected ${expected[far]} ± ${tolerance * size}, got ${actual[far]}`);
}
