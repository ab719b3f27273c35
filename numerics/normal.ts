/**
 * The normal distribution in float64, accurate far into both tails. Φ is its cumulative distribution, φ its density.
 * Relative errors are below 1e-12. For Φ itself this holds for x > −37, since it underflows below; its logarithm does
 * not.
 */

/** log Φ(x) */
export function logNormalCdf(x: number): number {
  const y = Math.abs(x) / Math.SQRT2;
  if (x < 0) return Math.log(erfcx(y) / 2) - y * y;
  return Math.log1p((-Math.exp(-y * y) * erfcx(y)) / 2);
}

/** log φ(x) */
export function logNormalDensity(x: number): number {
  return -(x * x) / 2 - logRootTwoPi;
}

/** Φ(x) */
export function normalCdf(x: number): number {
  const y = Math.abs(x) / Math.SQRT2;
  const tail = (Math.exp(-y * y) * erfcx(y)) / 2;
  return x < 0 ? tail : 1 - tail;
}

/** log(Φ(b) − Φ(a)) for a < b. */
export function logNormalMass(a: number, b: number): number {
  // The difference would cancel, so the density at the middle times the width is used.
  if (b - a < narrow) return logNormalDensity((a + b) / 2) + Math.log(b - a);
  if (a > 0) return logNormalMass(-b, -a);
  if (b > 0) return Math.log((erf(b / Math.SQRT2) - erf(a / Math.SQRT2)) / 2);
  const upper = logNormalCdf(b);
  return upper + Math.log1p(-Math.exp(logNormalCdf(a) - upper));
}

/** The quantile: the x with Φ(x) = p, for 0 < p < 1. */
export function normalQuantile(p: number): number {
  return p <= 0.5 ? lowerQuantile(p) : -lowerQuantile(1 - p);
}

/** Used in place of 0, whose quantile is not finite. */
const leastUniform = Number.EPSILON / 2;

/** Transforms a uniform number into a standard normal one. @param u in [0, 1) */
export const normalAt = (u: number): number => normalQuantile(Math.max(u, leastUniform));

/** The quantile of the normal distribution truncated to [a, b], a ≤ 0 ≤ b. @param u in [0, 1] */
export function truncatedNormalQuantile(u: number, a: number, b: number): number {
  const belowA = normalCdf(a);
  const aboveB = normalCdf(-b);
  const mass = 1 - belowA - aboveB;
  const below = belowA + u * mass;
  // Above the middle the upper tail is small, and so more accurate.
  const x = below <= 0.5 ? lowerQuantile(below) : -lowerQuantile(aboveB + (1 - u) * mass);
  return Math.min(Math.max(x, a), b);
}

/**
 * Newton's method on log Φ, for p ≤ ½. The function is increasing and concave, so that the first step, from 0, lands
 * left of the solution, and the others approach it from there with quadratic convergence.
 */
function lowerQuantile(p: number): number {
  const target = Math.log(p);
  let x = 0;
  for (let step = Infinity; Math.abs(step) > 1e-14 * (1 + Math.abs(x)) && x > -Infinity;) {
    const logCdf = logNormalCdf(x);
    step = (target - logCdf) * Math.exp(logCdf - logNormalDensity(x));
    x += step;
  }
  return x;
}

/** The error function, 2/√π ∫₀ˣ exp(−t²) dt. */
export function erf(x: number): number {
  const y = Math.abs(x);
  if (y <= middleStart) return erfNearZero(x);
  return Math.sign(x) * (1 - Math.exp(-y * y) * erfcx(y));
}

/**
 * The scaled complementary error function exp(y²) (1 − erf(y)) for y ≥ 0, by rational approximations.
 * Source: Cody 1969, "Rational Chebyshev approximations for the error function", Math. Comp. 23, tables II and III.
 */
export function erfcx(y: number): number {
  if (y <= middleStart) return Math.exp(y * y) * (1 - erfNearZero(y));
  if (y <= largeStart) return polynomial(middleNumerator, y) / polynomial(middleDenominator, y);
  const z = 1 / (y * y);
  return (1 / Math.sqrt(Math.PI) - (z * polynomial(largeNumerator, z)) / polynomial(largeDenominator, z)) / y;
}

function erfNearZero(x: number): number {
  return (x * polynomial(smallNumerator, x * x)) / polynomial(smallDenominator, x * x);
}

/** Evaluates a polynomial. @param coefficients from the highest power to the lowest */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let i = 0; i < coefficients.length; i++) sum = sum * x + coefficients[i];
  return sum;
}

const logRootTwoPi = Math.log(2 * Math.PI) / 2;
const narrow = 1e-6;
const middleStart = 0.46875;
const largeStart = 4;
const smallNumerator = [
  0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694,
];
const smallDenominator = [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171];
const middleNumerator = [
  2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
  1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
];
const middleDenominator = [
  1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
];
const largeNumerator = [
  0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
  0.0006587491615298378,
];
const largeDenominator = [
  1, 2.568520192289822, 1.8729528499234604, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
];
