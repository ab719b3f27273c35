/**
 * Sharpness, the quantity that SAM and ASAM minimise: L(w + ε̂) − L(w) in nats, with their ascent step ε̂.
 * Source: Foret et al. 2021, arXiv:2010.01412, equation 2; Kwon et al. 2021, arXiv:2102.11600.
 */
import type { Batch } from '../models/index.ts';
import { type Gradient, asam, sam } from '../pipeline/index.ts';

/**
 * Mean sharpness over batches, each with its own ascent step. With batches of m images this is m-sharpness.
 * @param rho ρ, the length of the ascent step
 * @param isAdaptive scales the step by the weights, as ASAM does. Default: false
 */
export async function sharpness(
  gradient: Gradient,
  weights: Float32Array,
  batches: Iterable<Batch>,
  { rho, isAdaptive = false }: { rho: number; isAdaptive?: boolean },
): Promise<number> {
  let lossAtLastPlace = 0;
  const climb = (isAdaptive ? asam : sam)(async (at, batch, g) => {
    lossAtLastPlace = await gradient(at, batch, g);
    return lossAtLastPlace;
  }, rho);
  const unused = new Float32Array(weights.length);
  let [sum, images] = [0, 0];
  for (const batch of batches) {
    const loss = await climb(weights, batch, unused);
    sum += batch.count * (lossAtLastPlace - loss);
    images += batch.count;
  }
  return sum / images;
}
