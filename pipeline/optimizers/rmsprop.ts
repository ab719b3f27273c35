/**
 * RMSprop:  G ← αG + (1 − α)g²,  w ← w − ηg / √(G + ε). AdaGrad that forgets.
 * Source: Tieleman and Hinton 2012, lecture 6e of Neural Networks for Machine Learning.
 */
import type { Optimizer } from '../optimizer.ts';

const EPSILON = 1e-8;

/** @param squareDecay α in [0, 1) */
export const rmsprop =
  ({ squareDecay: alpha }: { squareDecay: number }): Optimizer =>
  (size) => {
    const G = new Float32Array(size);
    return (w, g, learningRate) => {
      for (let i = 0; i < size; i += 1) {
        G[i] = alpha * G[i] + (1 - alpha) * g[i] * g[i];
        w[i] -= (learningRate * g[i]) / Math.sqrt(G[i] + EPSILON);
      }
    };
  };
