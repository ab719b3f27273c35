/** The contract of an optimizer. */
import type { Plan, Vectors } from '../models/index.ts';

/** Where each named weight lies in the vector, and what shape it has: for rules that look at layers. */
export type WeightLayout = Pick<Plan, 'weights' | 'weightCount'>;

/**
 * Makes the state for the weights of a layout and returns the update. `w` f32[P] weights, updated in place; `g` f32[P]
 * gradient, read only; `learningRate` η of this step. `vectors` computes; all give the same bits. Default: WebAssembly.
 */
export type Optimizer = (
  layout: WeightLayout,
  vectors?: Vectors,
) => (w: Float32Array, g: Float32Array, learningRate: number) => void;
