/**
 * AdaGrad:  G ← G + g²,  w ← w − ηg / √(G + ε). The step of a weight only ever shrinks.
 * Source: Duchi, Hazan and Singer 2011.
 */
import { wasmVectors } from '../../models/index.ts';
import type { Optimizer } from '../optimizer.ts';

/** Keeps a weight that never had a gradient from 0 / 0. */
const EPSILON = 1e-8;

export const adagrad =
  (): Optimizer =>
  ({ weightCount }, vectors = wasmVectors()) => {
    const G = new Float32Array(weightCount);
    return (w, g, learningRate) => vectors.adagrad(w, g, G, learningRate, EPSILON);
  };
