/** The contract of a gradient. Regularisers and sharpness are functions from one gradient to another. */
import type { Batch, MaybePromise } from '../models/index.ts';

/** Writes the gradient f32[P] and returns the mean loss at `weights`, in nats. */
export type Gradient = (weights: Float32Array, batch: Batch, gradient: Float32Array) => MaybePromise<number>;

/** ‖v‖, summed in float64. */
export function norm(vector: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < vector.length; i += 1) sum += vector[i] * vector[i];
  return Math.sqrt(sum);
}
