/**
 * Gradient centralization: the mean of each unit's gradient is taken away,  g ← g − mean(g)  over all inputs of the unit.
 * Kernels only; vectors (biases, γ and β of norms) stay as they are. Source: Yong et al. 2020, arXiv:2004.01461, equation 1.
 */
import type { Gradient } from '../gradient.ts';
import type { WeightLayout } from '../optimizer.ts';

export const centralized =
  (inner: Gradient, { weights: layout }: WeightLayout): Gradient =>
  async (weights, batch, gradient) => {
    const loss = await inner(weights, batch, gradient);
    for (const { offset, size, shape } of layout) {
      // Kernels are […, in, out]: a unit's weights lie `units` apart. What has one weight for each unit is a vector.
      const units = shape[shape.length - 1];
      const inputs = size / units;
      if (inputs === 1) continue;
      for (let unit = offset; unit < offset + units; unit += 1) {
        let sum = 0;
        for (let i = unit; i < offset + size; i += units) sum += gradient[i];
        for (let i = unit; i < offset + size; i += units) gradient[i] -= sum / inputs;
      }
    }
    return loss;
  };
