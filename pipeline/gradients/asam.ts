/**
 * Adaptive SAM: it climbs further along large weights, so that scaling a layer up and the next one down changes nothing,
 *   ε̂ = ρ w² ⊙ g / ‖|w| ⊙ g‖,   g_ASAM = ∇L(w + ε̂).
 * Source: Kwon et al. 2021, arXiv:2102.11600, with T_w = |w|.
 */
import { type Gradient, norm } from '../gradient.ts';

/** @param rho ρ; the paper takes 0.5 where SAM takes 0.05 */
export const asam =
  (inner: Gradient, rho: number): Gradient =>
  async (weights, batch, gradient) => {
    const loss = await inner(weights, batch, gradient);
    const scaled = new Float32Array(weights.length);
    for (let i = 0; i < scaled.length; i += 1) scaled[i] = Math.abs(weights[i]) * gradient[i];
    const length = norm(scaled);
    if (length === 0) return loss;
    const peak = new Float32Array(weights.length);
    for (let i = 0; i < peak.length; i += 1) {
      peak[i] = weights[i] + (rho * weights[i] * weights[i] * gradient[i]) / length;
    }
    await inner(peak, batch, gradient);
    return loss;
  };
