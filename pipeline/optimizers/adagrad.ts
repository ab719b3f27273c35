/**
 * AdaGrad:  G ← G + g²,  w ← w − ηg / √(G + ε). The step of a weight only ever shrinks.
 * Source: Duchi, Hazan and Singer 2011.
 */
import type { Optimizer } from '../optimizer.ts';

/** Keeps a weight that never had a gradient from 0 / 0. */
const EPSILON = 1e-8;

export const adagrad = (): Optimizer => (size) => {
  const G = new Float32Array(size);
  return (w, g, learningRate) => {
    for (let i = 0; i < size; i += 1) {
      G[i] += g[i] * g[i];
      w[i] -= (learningRate * g[i]) / Math.sqrt(G[i] + EPSILON);
    }
  };
};
