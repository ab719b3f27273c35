/** L2 regularisation:  g ← g + λw,  for every weight. The returned loss stays that of the data. */
import { type Vectors, wasmVectors } from '../../models/index.ts';
import type { Gradient } from '../gradient.ts';

/** @param weightDecay λ */
export const l2 =
  (inner: Gradient, weightDecay: number, vectors: Vectors = wasmVectors()): Gradient =>
  async (weights, batch, gradient) => {
    const loss = await inner(weights, batch, gradient);
    vectors.addScaled(gradient, weights, weightDecay);
    return loss;
  };
