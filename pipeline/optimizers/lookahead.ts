/**
 * Lookahead: the inner optimizer runs k steps ahead, then slow weights follow a part of the way and it starts from there,
 *   every k steps:  φ ← φ + α (w − φ),  w ← φ.
 * In between, w are the fast weights of the inner optimizer, whose state goes on. Source: Zhang et al. 2019,
 * arXiv:1907.08610, algorithm 1.
 */
import { wasmVectors } from '../../models/index.ts';
import type { Optimizer } from '../optimizer.ts';

/** k of the paper. */
const STEPS = 5;
/** α of the paper. */
const SHARE = 0.5;

export const lookahead =
  (inner: Optimizer): Optimizer =>
  (layout, vectors = wasmVectors()) => {
    const update = inner(layout, vectors);
    const slow = new Float32Array(layout.weightCount);
    let steps = 0;
    return (w, g, learningRate) => {
      if (steps === 0) slow.set(w);
      update(w, g, learningRate);
      steps += 1;
      if (steps % STEPS !== 0) return;
      for (let i = 0; i < slow.length; i += 1) slow[i] += SHARE * (w[i] - slow[i]);
      w.set(slow);
    };
  };
