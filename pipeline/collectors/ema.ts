/**
 * Exponential moving average of the weights:  a ← da + (1 − d)w  after every step, beginning with the first weights.
 *
 * d rises to `decay` as min(decay, (1 + t) / (10 + t)) at step t, so that a short training does not remember its random
 * start. Source: Polyak and Juditsky 1992 for the idea; the rise as in TensorFlow's ExponentialMovingAverage.
 */
import { wasmVectors } from '../../models/index.ts';
import type { Collector } from '../collector.ts';

/** @param decay d in [0, 1); 1 / (1 − d) is the time constant in steps */
export function ema(decay: number): Collector {
  let average: Float64Array | null = null;
  return {
    observe(weights, steps, vectors = wasmVectors()) {
      average ??= Float64Array.from(weights);
      vectors.movingAverage(average, weights, Math.min(decay, (1 + steps) / (10 + steps)));
    },
    result: (last) => [average ? Float32Array.from(average) : last],
  };
}
