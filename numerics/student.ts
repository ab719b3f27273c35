/** Student's t distribution. */

/**
 * P(T > t) for ν degrees of freedom, by the finite sums for integer ν. The absolute error is about 1e-15.
 * @param degrees ν, an integer from 1
 * Source: Abramowitz and Stegun 1964, 26.7.3 and 26.7.4.
 */
export function studentTail(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees));
  const cosine = Math.cos(angle);
  const isOdd = degrees % 2 === 1;
  // Powers of the cosine, with coefficients 1, 1/2, 1·3/(2·4), … for even ν, and 1, 2/3, 2·4/(3·5), … for odd ν.
  let sum = 0;
  let term = isOdd ? cosine : 1;
  for (let power = isOdd ? 1 : 0; power <= degrees - 2; power += 2) {
    sum += term;
    term *= (cosine * cosine * (power + 1)) / (power + 2);
  }
  const central = isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum;
  return (1 - central) / 2;
}
