/**
 * How much worse the training loss gets one step of SAM uphill, in nats, as analysis/sharpness.ts defines it; batch norm
 * normalises as in training.
 */
import { sharpness as sharpnessOver } from '../../analysis/index.ts';
import { createBatches } from '../../pipeline/index.ts';
import type { Measurement } from './measurement.ts';

/** The same radius for every arm, independent of the radius it trained with. */
const RHO = 0.05;
const BATCH_SIZE = 512;
/** So many batches are enough to tell arms apart, and less than an epoch. */
const BATCHES = 8;

export const sharpness: Measurement = {
  columns: { sharpness: { title: 'sharpness', unit: 'number' } },
  async measure({ network, weights: [weights], training }) {
    const batches = createBatches(training, BATCH_SIZE, 0)(0).take(BATCHES);
    const value = await sharpnessOver((w, batch, g) => network.lossAndGradient(w, batch, g), weights, batches, {
      rho: RHO,
    });
    return { sharpness: value };
  },
};
