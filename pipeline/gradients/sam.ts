/**
 * Sharpness-Aware Minimization: the gradient not at w but where the loss is worst nearby,
 *   ε̂ = ρ g / ‖g‖,   g_SAM = ∇L(w + ε̂).
 * Two gradients a step, both of the same batch and with the same dropout masks. An L2 term belongs inside, so that it
 * takes part in the climb. Source: Foret et al. 2021, arXiv:2010.01412, equations 2 and 3.
 */
import { type Gradient, norm } from '../gradient.ts';

/** @param rho ρ, how far it climbs */
export const sam =
  (inner: Gradient, rho: number): Gradient =>
  async (weights, batch, gradient) => {
    const loss = await inner(weights, batch, gradient);
    const length = norm(gradient);
    // If the gradient is exactly 0, there is no direction to climb.
    if (length === 0) return loss;
    const peak = new Float32Array(weights.length);
    for (let i = 0; i < peak.length; i += 1) peak[i] = weights[i] + (rho * gradient[i]) / length;
    await inner(peak, batch, gradient);
    return loss;
  };
