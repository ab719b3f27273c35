/** Gradients as functions from weights and batch to loss, and functions from such a gradient to another one. */
import type { Batch, MaybePromise } from '../models/engine/network.ts';

/** Writes the gradient f32[P] and returns the mean loss. */
export type Gradient = (weights: Float32Array, batch: Batch, gradient: Float32Array) => MaybePromise<number>;

/** L2 regularisation: g ← g + λw, for every weight. The returned loss stays that of the data. */
export const l2 =
  (inner: Gradient, weightDecay: number): Gradient =>
  async (weights, batch, gradient) => {
    const loss = await inner(weights, batch, gradient);
    for (let i = 0; i < weights.length; i += 1) gradient[i] += weightDecay * weights[i];
    return loss;
  };
