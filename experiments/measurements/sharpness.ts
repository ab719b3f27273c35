/**
 * Sharpness of the training loss in nats, as analysis/sharpness.ts defines it, with batch norm in training mode.
 */
import { sharpness as sharpnessOver } from '../../analysis/index.ts';
import { createBatches } from '../../pipeline/index.ts';
import type { Measurement } from './measurement.ts';

/** The radius ρ, the same for every arm, also for those trained with another radius. */
const RHO = 0.05;
const BATCH_SIZE = 512;
/** Number of batches: enough to distinguish arms, and less than an epoch. */
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
