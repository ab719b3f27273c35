/**
 * The mean of a gradient over sub-batches of m images. Around SAM it is m-sharpness: each sub-batch climbs to a peak of
 * its own; with m = B it is SAM itself. Source: Foret et al. 2021, arXiv:2010.01412, section 4.1.
 *
 * Batch norm sees each sub-batch alone too, as it would on as many machines.
 */
import { imageSize } from '../../data/index.ts';
import type { Batch, Plan } from '../../models/index.ts';
import type { Gradient } from '../gradient.ts';

/** @param m images in a sub-batch; the last one may be smaller and weighs less */
export const subBatches =
  (inner: Gradient, m: number, plan: Pick<Plan, 'input' | 'classes'>): Gradient =>
  async (weights, batch, gradient) => {
    if (batch.count <= m) return inner(weights, batch, gradient);
    const sum = new Float64Array(weights.length);
    let lossSum = 0;
    for (let first = 0; first < batch.count; first += m) {
      const part = slice(batch, first, Math.min(m, batch.count - first), plan);
      lossSum += (await inner(weights, part, gradient)) * part.count;
      for (let i = 0; i < sum.length; i += 1) sum[i] += gradient[i] * part.count;
    }
    for (let i = 0; i < sum.length; i += 1) gradient[i] = sum[i] / batch.count;
    return lossSum / batch.count;
  };

/** Views of `count` images of the batch. Its seed is moved on, so that no two parts have the same dropout masks. */
function slice(
  { pixels, labels, targets, weights, seed }: Batch,
  first: number,
  count: number,
  { input, classes }: Pick<Plan, 'input' | 'classes'>,
): Batch {
  return {
    count,
    pixels: pixels.subarray(first * imageSize(input)),
    labels: labels.subarray(first),
    ...(targets && { targets: targets.subarray(first * classes) }),
    ...(weights && { weights: weights.subarray(first) }),
    ...(seed !== undefined && { seed: (seed + first) % 2 ** 32 }),
  };
}
