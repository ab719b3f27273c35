/**
 * The logarithm of the expected improvement, which keeps its digits and its slope where the improvement itself is 0 in
 * float64: log E[max(f* − f, 0)] = log σ + log h(z), h(z) = φ(z) + z Φ(z), z = (f* − μ) / σ.
 * Source: Ament et al. 2023, "Unexpected improvements to expected improvement", arXiv:2310.20708.
 */
import { erfcx, logNormalCdf, logNormalDensity, normalCdf } from '../../../numerics/normal.ts';

/** Beyond this the difference in h has no digits left, and the first terms of its series have all. */
const farTail = -100;

/** log h(z) */
export function logImprovement(z: number): number {
  if (z > -1) return Math.log(Math.exp(logNormalDensity(z)) + z * normalCdf(z));
  return logNormalDensity(z) + Math.log(relativeImprovement(z));
}

/** Its derivative, Φ(z) / h(z). */
export function logImprovementSlope(z: number): number {
  return Math.exp(logNormalCdf(z) - logImprovement(z));
}

/** h(z) / φ(z) = 1 + z Φ(z) / φ(z) for z ≤ −1. */
function relativeImprovement(z: number): number {
  const t = 1 / (z * z);
  if (z < farTail) return t * (1 - t * (3 - t * (15 - t * 105)));
  return 1 + z * Math.sqrt(Math.PI / 2) * erfcx(-z / Math.SQRT2);
}
