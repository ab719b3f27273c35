/** L2 regularisation:  g ← g + λw,  for every weight. The returned loss stays that of the data. */
import type { Gradient } from '../gradient.ts';

/** @param weightDecay λ */
export const l2 =
  (inner: Gradient, weightDecay: number): Gradient =>
  async (weights, batch, gradient) => {
    const loss = await inner(weights, batch, gradient);
    for (let i = 0; i < weights.length; i += 1) gradient[i] += weightDecay * weights[i];
    return loss;
  };
