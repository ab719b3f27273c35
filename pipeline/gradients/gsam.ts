/**
 * Surrogate Gap Guided Sharpness-Aware Minimization: along SAM's gradient g_p, less the part of the gradient at w that
 * stands at right angles to it, which lowers the gap between the loss at the peak and the loss at w,
 *   g_GSAM = g_p − α (g − ((g · g_p) / ‖g_p‖²) g_p),  with g = ∇L(w).
 * The radius ρ stays as it is; the paper also lets it follow the learning rate.
 * Source: Zhuang et al. 2022, arXiv:2203.08065, algorithm 1.
 */
import type { Gradient } from '../gradient.ts';

/** From a gradient to the one at the peak nearby: `sam` or `asam` with their ρ. It asks for the gradient at w first. */
type Climb = (inner: Gradient) => Gradient;

/** @param alpha α; 0 is the climb alone */
export const gsam =
  (inner: Gradient, climb: Climb, alpha: number): Gradient =>
  async (weights, batch, gradient) => {
    let start: Float32Array | null = null;
    const watched: Gradient = async (w, b, g) => {
      const loss = await inner(w, b, g);
      start ??= g.slice();
      return loss;
    };
    const loss = await climb(watched)(weights, batch, gradient);
    const atStart: Float32Array = start ?? gradient.slice();
    let [along, squares] = [0, 0];
    for (let i = 0; i < gradient.length; i += 1) {
      along += atStart[i] * gradient[i];
      squares += gradient[i] * gradient[i];
    }
    const share = squares === 0 ? 0 : along / squares;
    for (let i = 0; i < gradient.length; i += 1) gradient[i] -= alpha * (atStart[i] - share * gradient[i]);
    return loss;
  };
