/**
 * Nesterov's momentum in its shifted form:  h ← αh + g,  w ← w − η(g + αh).
 *
 * Nesterov takes the gradient at w − ηαh, one momentum step ahead. Keeping w there from the start leaves one gradient a
 * step, at w itself, and this update. Source: Nesterov 1983; shifted as in Bengio et al. 2012, arXiv:1212.0901.
 */
import { wasmVectors } from '../../models/index.ts';
import type { Optimizer } from '../optimizer.ts';

/** @param momentum α in [0, 1) */
export const nesterov =
  ({ momentum: alpha }: { momentum: number }): Optimizer =>
  ({ weightCount }, vectors = wasmVectors()) => {
    const h = new Float32Array(weightCount);
    return (w, g, learningRate) => vectors.nesterov(w, g, h, alpha, learningRate);
  };
