/**
 * Momentum with η outside:  h ← αh + g,  w ← w − ηh.
 *
 * The form of PyTorch and of everything here that says "momentum". With η constant it walks the same path as the other
 * common form, heavy-ball; when a schedule lowers η, here the whole step shrinks at once. Source: Polyak 1964, as
 * written in Sutskever et al. 2013 and PyTorch.
 */
import { wasmVectors } from '../../models/index.ts';
import type { Optimizer } from '../optimizer.ts';

/** @param momentum α in [0, 1) */
export const momentum =
  ({ momentum: alpha }: { momentum: number }): Optimizer =>
  ({ weightCount }, vectors = wasmVectors()) => {
    const h = new Float32Array(weightCount);
    return (w, g, learningRate) => vectors.momentum(w, g, h, alpha, learningRate);
  };
