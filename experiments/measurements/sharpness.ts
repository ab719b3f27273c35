/**
 * How much worse the training loss gets one step uphill,  L(w + ρ g / ‖g‖) − L(w),  in nats: what SAM makes small.
 * Source: Foret et al. 2021, arXiv:2010.01412, equation 2.
 */
import { createBatches } from '../../pipeline/batches.ts';
import { norm } from '../../pipeline/gradient.ts';
import type { Measurement } from './measurement.ts';

/** The same for every arm, whatever it trained with. */
const RHO = 0.05;
const BATCH_SIZE = 512;
/** So many batches are enough to tell arms apart, and less than an epoch. */
const BATCHES = 8;

export const sharpness: Measurement = {
  columns: { sharpness: { title: 'sharpness', unit: 'number' } },
  async measure({ network, weights: [weights], training }) {
    const gradient = new Float32Array(weights.length);
    const rises: number[] = [];
    for (const batch of createBatches(training, BATCH_SIZE, 0)(0)) {
      const loss = await network.lossAndGradient(weights, batch, gradient);
      const length = norm(gradient);
      const peak = weights.map((w, i) => w + (length > 0 ? (RHO * gradient[i]) / length : 0));
      rises.push((await network.lossAndGradient(peak, batch, gradient)) - loss);
      if (rises.length === BATCHES) break;
    }
    return { sharpness: rises.reduce((sum, rise) => sum + rise, 0) / rises.length };
  },
};
