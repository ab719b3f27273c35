/** Elementary functions with the same bits on every machine. Those of `Math` may differ in the last bit. */

const SERIES_TERMS = 9;
const LOGARITHM_TERMS = 10;
const EXPONENTIAL_TERMS = 16;

/** The sine for |x| ≤ π/2. The truncation error of the series is below 10⁻¹⁶. */
export const sin = (x: number): number => x * alternatingSeries(x * x, 3);

/** The cosine for |x| ≤ π/2, with the same error as `sin`. */
export const cos = (x: number): number => alternatingSeries(x * x, 2);

/** x^y for 0 < x ≤ 1 and y ≥ 0. Relative error below 10⁻¹² for y ≤ 100. */
export function power(x: number, y: number): number {
  // x = m / 2^halvings with m in [√½, √2), and ln m = 2 (s + s³/3 + s⁵/5 + …) of s = (m − 1) / (m + 1).
  let m = x;
  let halvings = 0;
  for (; m < Math.SQRT1_2; m *= 2) halvings += 1;
  const s = (m - 1) / (m + 1);
  let series = 0;
  for (let k = 2 * LOGARITHM_TERMS - 1; k > 0; k -= 2) series = series * s * s + 1 / k;
  // The result is 2^−exponent: the series of exp for the fraction of the exponent, halvings for its integer part.
  const exponent = y * (halvings - (2 * s * series) / Math.LN2);
  const whole = Math.floor(exponent);
  const t = (whole - exponent) * Math.LN2;
  let result = 1;
  for (let k = EXPONENTIAL_TERMS; k > 0; k -= 1) result = 1 + (result * t) / k;
  for (let k = 0; k < whole && result > 0; k += 1) result /= 2;
  return result;
}

/**
 * 1 − s / ((n − 1) n) + s² / ((n − 1) n (n + 1) (n + 2)) − …, where n is `first`; Horner's rule, from the last term.
 */
function alternatingSeries(s: number, first: number): number {
  let sum = 1;
  for (let n = first + 2 * SERIES_TERMS; n >= first; n -= 2) sum = 1 - (sum * s) / ((n - 1) * n);
  return sum;
}
