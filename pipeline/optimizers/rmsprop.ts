/**
 * RMSprop:  G ← αG + (1 − α)g²,  w ← w − ηg / √(G + ε). AdaGrad that forgets.
 * Source: Tieleman and Hinton 2012, lecture 6e of Neural Networks for Machine Learning.
 */
import { wasmVectors } from '../../models/index.ts';
import type { Optimizer } from '../optimizer.ts';

const EPSILON = 1e-8;

/** @param squareDecay α in [0, 1) */
export const rmsprop =
  ({ squareDecay: alpha }: { squareDecay: number }): Optimizer =>
  ({ weightCount }, vectors = wasmVectors()) => {
    const G = new Float32Array(weightCount);
    return (w, g, learningRate) => vectors.rmsprop(w, g, G, alpha, learningRate, EPSILON);
  };
