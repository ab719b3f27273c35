/** The contract of an optimizer. */

/**
 * Makes the state for `size` weights and returns the update.
 * `w` f32[P] weights, updated in place; `g` f32[P] gradient, read only; `learningRate` η of this step.
 */
export type Optimizer = (size: number) => (w: Float32Array, g: Float32Array, learningRate: number) => void;
