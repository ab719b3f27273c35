/**
 * Gradient descent:  w ← w − ηg. With all images in a batch it is plain gradient descent, with one of them stochastic
 * gradient descent, in between mini-batch descent.
 */
import { wasmVectors } from '../../models/index.ts';
import type { Optimizer } from '../optimizer.ts';

export const sgd =
  (): Optimizer =>
  (_layout, vectors = wasmVectors()) =>
  (w, g, learningRate) =>
    vectors.sgd(w, g, learningRate);
