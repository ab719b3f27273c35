/**
 * Decoupled weight decay:  w ← w − ηλw, then the inner step. With Adam inside it is AdamW: the decay of a weight does
 * not depend on the size of its gradients, as it does when λw is part of g.
 * Source: Loshchilov and Hutter 2019, arXiv:1711.05101.
 */
import { wasmVectors } from '../../models/index.ts';
import type { Optimizer } from '../optimizer.ts';

/** @param weightDecay λ */
export const decoupled =
  (inner: Optimizer, weightDecay: number): Optimizer =>
  (layout, vectors = wasmVectors()) => {
    const update = inner(layout, vectors);
    return (w, g, learningRate) => {
      vectors.decay(w, learningRate * weightDecay);
      update(w, g, learningRate);
    };
  };
