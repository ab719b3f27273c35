/**
 * Decoupled weight decay:  w ← w − ηλw, then the inner step. With Adam inside it is AdamW: the decay of a weight does
 * not depend on the size of its gradients, as it does when λw is part of g.
 * Source: Loshchilov and Hutter 2019, arXiv:1711.05101.
 */
import type { Optimizer } from '../optimizer.ts';

/** @param weightDecay λ */
export const decoupled =
  (inner: Optimizer, weightDecay: number): Optimizer =>
  (size) => {
    const update = inner(size);
    return (w, g, learningRate) => {
      for (let i = 0; i < size; i += 1) w[i] -= learningRate * weightDecay * w[i];
      update(w, g, learningRate);
    };
  };
