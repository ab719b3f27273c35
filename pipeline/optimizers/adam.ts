/**
 * Adam:  h ← β₁h + (1 − β₁)g,  G ← β₂G + (1 − β₂)g²,  w ← w − η ĥ / (√Ĝ + ε)
 * with ĥ = h / (1 − β₁ᵗ) and Ĝ = G / (1 − β₂ᵗ), which undo the pull of both means towards their start at 0.
 * Source: Kingma and Ba 2015, arXiv:1412.6980.
 */
import { wasmVectors } from '../../models/index.ts';
import type { Optimizer } from '../optimizer.ts';

const EPSILON = 1e-8;

/**
 * @param momentum β₁ in [0, 1)
 * @param squareDecay β₂ in [0, 1)
 * @param corrected false leaves ĥ = h and Ĝ = G: the first steps are then (1 − β₁) / √(1 − β₂) times as long
 */
export const adam =
  ({ momentum: beta1, squareDecay: beta2 }: { momentum: number; squareDecay: number }, corrected = true): Optimizer =>
  ({ weightCount }, vectors = wasmVectors()) => {
    const h = new Float32Array(weightCount);
    const G = new Float32Array(weightCount);
    let power1 = corrected ? 1 : 0;
    let power2 = corrected ? 1 : 0;
    return (w, g, learningRate) => {
      power1 *= beta1;
      power2 *= beta2;
      const rate = learningRate / (1 - power1);
      const squareScale = 1 / (1 - power2);
      vectors.adam(w, g, h, G, beta1, beta2, rate, squareScale, EPSILON);
    };
  };
