/**
 * Stochastic gradient descent with momentum:  h ← αh + g,  w ← w − ηh;  Nesterov:  w ← w − η(g + αh).
 *
 * η stays outside h, as in PyTorch. The other common form, h ← αh + ηg and w ← w − h, walks the same path while η is
 * constant and another one when a schedule changes it. Source: Sutskever et al. 2013 (Nesterov, in its shifted form).
 */
import type { Optimizer } from '../optimizer.ts';

/** @param momentum α in [0, 1) */
export const sgd =
  ({ momentum, nesterov }: { momentum: number; nesterov: boolean }): Optimizer =>
  (size) => {
    const h = new Float32Array(size);
    return (w, g, learningRate) => {
      for (let i = 0; i < size; i += 1) {
        h[i] = momentum * h[i] + g[i];
        w[i] -= learningRate * (nesterov ? g[i] + momentum * h[i] : h[i]);
      }
    };
  };
