/**
 * LAMB: Adam's step, made as long for each layer as the layer's own weights are,
 *   r = ĥ / (√Ĝ + ε) + λw,  w ← w − η (‖w‖ / ‖r‖) r  for every kernel, with ĥ and Ĝ as in Adam.
 * Vectors (biases, slopes, and the γ and β of norms) take Adam's step without decay and without the factor, as in the authors'
 * code; so does a kernel whose weights or step are all 0. Source: You et al. 2020, arXiv:1904.00962, algorithm 2.
 */
import type { Optimizer } from '../optimizer.ts';

/** The authors' ε. */
const EPSILON = 1e-6;

export interface LambOptions {
  /** β₁ in [0, 1) */
  readonly momentum: number;
  /** β₂ in [0, 1) */
  readonly squareDecay: number;
  /** λ */
  readonly weightDecay: number;
}

export const lamb =
  ({ momentum: beta1, squareDecay: beta2, weightDecay }: LambOptions): Optimizer =>
  ({ weights, weightCount }) => {
    const h = new Float32Array(weightCount);
    const G = new Float32Array(weightCount);
    const r = new Float32Array(weightCount);
    let power1 = 1;
    let power2 = 1;
    return (w, g, learningRate) => {
      power1 *= beta1;
      power2 *= beta2;
      for (const { offset, size, shape } of weights) {
        const isKernel = size > shape[shape.length - 1];
        const decay = isKernel ? weightDecay : 0;
        let [weightSquares, stepSquares] = [0, 0];
        for (let i = offset; i < offset + size; i += 1) {
          h[i] = beta1 * h[i] + (1 - beta1) * g[i];
          G[i] = beta2 * G[i] + (1 - beta2) * g[i] * g[i];
          r[i] = h[i] / (1 - power1) / (Math.sqrt(G[i] / (1 - power2)) + EPSILON) + decay * w[i];
          weightSquares += w[i] * w[i];
          stepSquares += r[i] * r[i];
        }
        const hasLength = isKernel && weightSquares > 0 && stepSquares > 0;
        const rate = learningRate * (hasLength ? Math.sqrt(weightSquares) / Math.sqrt(stepSquares) : 1);
        for (let i = offset; i < offset + size; i += 1) w[i] -= rate * r[i];
      }
    };
  };
