/**
 * How much worse the loss gets one step uphill,  L(w + ε̂) − L(w),  in nats: what SAM and ASAM make small, with the very
 * step ε̂ that they climb. Source: Foret et al. 2021, arXiv:2010.01412, equation 2; Kwon et al. 2021, arXiv:2102.11600.
 */
import type { Batch } from '../models/index.ts';
import { type Gradient, asam, sam } from '../pipeline/index.ts';

/**
 * The mean over batches, each of which climbs a peak of its own: with batches of m images it is m-sharpness.
 * @param rho ρ, how far it climbs
 * @param isAdaptive whether it climbs further along large weights, as ASAM does. Default: false
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
