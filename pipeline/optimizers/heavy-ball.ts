/**
 * Momentum with η inside:  h ← αh + ηg,  w ← w − h.
 *
 * With η constant it walks the same path as `momentum`; when a schedule lowers η, the steps already under way keep
 * their old length. Source: Polyak 1964.
 */
import type { Optimizer } from '../optimizer.ts';

/** @param momentum α in [0, 1) */
export const heavyBall =
  ({ momentum: alpha }: { momentum: number }): Optimizer =>
  (size) => {
    const h = new Float32Array(size);
    return (w, g, learningRate) => {
      for (let i = 0; i < size; i += 1) {
        h[i] = alpha * h[i] + learningRate * g[i];
        w[i] -= h[i];
      }
    };
  };
