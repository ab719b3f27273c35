/**
 * Lion: every weight moves by η, only the sign of a mean of gradients counts,
 *   c = β₁h + (1 − β₁)g,  w ← w − η (sign(c) + λw),  h ← β₂h + (1 − β₂)g.
 * The authors take a rate that is 3 to 10 times smaller than AdamW's. Source: Chen et al. 2023, arXiv:2302.06675,
 * algorithm 2.
 */
import type { Optimizer } from '../optimizer.ts';

/** β₂ of the paper: what is kept is longer than what decides. */
const KEPT = 0.99;

/** @param momentum β₁ in [0, 1); 0.9 in the paper @param weightDecay λ */
export const lion =
  ({ momentum: beta1, weightDecay }: { momentum: number; weightDecay: number }): Optimizer =>
  ({ weightCount }) => {
    const h = new Float32Array(weightCount);
    return (w, g, learningRate) => {
      for (let i = 0; i < h.length; i += 1) {
        const direction = Math.sign(beta1 * h[i] + (1 - beta1) * g[i]);
        w[i] -= learningRate * (direction + weightDecay * w[i]);
        h[i] = KEPT * h[i] + (1 - KEPT) * g[i];
      }
    };
  };
