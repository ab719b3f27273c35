/**
 * Gradient descent:  w ← w − ηg. With all images in a batch it is plain gradient descent, with one of them stochastic
 * gradient descent, in between mini-batch descent.
 */
import type { Optimizer } from '../optimizer.ts';

export const sgd = (): Optimizer => (size) => (w, g, learningRate) => {
  for (let i = 0; i < size; i += 1) w[i] -= learningRate * g[i];
};
