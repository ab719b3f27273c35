/**
 * Adaptive SAM: it climbs further along large weights, so that scaling a layer up and the next one down changes nothing,
 *   ε̂ = ρ w² ⊙ g / ‖|w| ⊙ g‖,   g_ASAM = ∇L(w + ε̂).
 * Source: Kwon et al. 2021, arXiv:2102.11600, equation 7 with T_w = |w|.
 */
import { type Gradient, norm } from '../gradient.ts';

/** @param rho ρ; about ten times that of SAM does as much */
export const asam =
  (inner: Gradient, rho: number): Gradient =>
  async (weights, batch, gradient) => {
    const loss = await inner(weights, batch, gradient);
    const length = norm(weights.map((w, i) => w * gradient[i]));
    if (length === 0) return loss;
    const peak = weights.map((w, i) => w + (rho * w * w * gradient[i]) / length);
    await inner(peak, batch, gradient);
    return loss;
  };
