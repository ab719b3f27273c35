/**
 * Momentum with η inside:  h ← αh + ηg,  w ← w − h.
 *
 * With η constant it walks the same path as `momentum`; when a schedule lowers η, the steps already under way keep
 * their old length. Source: Polyak 1964.
 */
import { wasmVectors } from '../../models/index.ts';
import type { Optimizer } from '../optimizer.ts';

/** @param momentum α in [0, 1) */
export const heavyBall =
  ({ momentum: alpha }: { momentum: number }): Optimizer =>
  ({ weightCount }, vectors = wasmVectors()) => {
    const h = new Float32Array(weightCount);
    return (w, g, learningRate) => vectors.heavyBall(w, g, h, alpha, learningRate);
  };
