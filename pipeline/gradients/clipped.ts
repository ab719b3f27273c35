/**
 * Clipping by norm:  g ← g · min(1, c / ‖g‖). The direction stays.
 * Source: Pascanu, Mikolov and Bengio 2013, arXiv:1211.5063, algorithm 1.
 */
import { type Gradient, norm } from '../gradient.ts';

/** @param largest c, the largest norm that is let through */
export const clipped =
  (inner: Gradient, largest: number): Gradient =>
  async (weights, batch, gradient) => {
    const loss = await inner(weights, batch, gradient);
    const length = norm(gradient);
    if (length > largest) for (let i = 0; i < gradient.length; i += 1) gradient[i] *= largest / length;
    return loss;
  };
