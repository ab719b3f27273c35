/** The contract of an optimizer. */
import type { Vectors } from '../models/index.ts';

/**
 * Makes the state for `size` weights and returns the update. `w` f32[P] weights, updated in place; `g` f32[P] gradient,
 * read only; `learningRate` η of this step. `vectors` computes; all give the same bits. Default: WebAssembly.
 */
export type Optimizer = (
  size: number,
  vectors?: Vectors,
) => (w: Float32Array, g: Float32Array, learningRate: number) => void;
