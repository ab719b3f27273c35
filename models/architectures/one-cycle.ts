/** Defaults of the smaller networks for colour images. */
import type { TrainingDefaults } from '../architecture.ts';

/** The rate, batch and weight decay of He et al. 2016, in one cycle of the learning rate, which needs fewer epochs. */
export const oneCycle: TrainingDefaults = {
  epochs: 30,
  parameters: { learningRate: 0.1, momentum: 0.9, batchSize: 128, weightDecay: 0.0005, schedule: 'one-cycle' },
};
