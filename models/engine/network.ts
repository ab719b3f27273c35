/** The contract of an engine: a network as a pure function of one flat weight vector. */
import type { Images } from '../../data/images.ts';
import type { Plan } from './plan.ts';

/** What a training step sees. The arrays may be longer than `count` images; only the first `count` are read. */
export interface Batch {
  count: number;
  /** count × height × width × channels bytes; the network sees each divided by 255. */
  readonly pixels: Uint8Array;
  /** Class index of each image. */
  readonly labels: Uint16Array;
}

/**
 * A weight vector together with the batch-norm statistics that were measured for exactly these weights. Only
 * `Network.measure` makes one and `predict` takes nothing else, so weights cannot meet foreign statistics.
 */
export interface Solution {
  /** f32[P], a copy. */
  readonly weights: Float32Array;
  /** f32[plan.statisticsCount]: mean and biased variance of every batch-norm channel. */
  readonly statistics: Float32Array;
}

export type MaybePromise<T> = T | Promise<T>;

export interface Network {
  readonly plan: Plan;
  /** Name of the engine, for run records: `simd`, `tfjs:cpu`, … */
  readonly engine: string;

  /**
   * Mean softmax cross-entropy of a batch in training mode (batch statistics), and its gradient.
   * @param weights f32[P]
   * @param gradient f32[P], overwritten
   * @returns the loss in nats; NaN or infinite when the weights have diverged
   */
  lossAndGradient(weights: Float32Array, batch: Batch, gradient: Float32Array): MaybePromise<number>;

  /**
   * Batch-norm statistics of `weights` over `images`: one forward pass in training mode, moments summed over all
   * samples (each sample weighs the same, also in a smaller last batch). Independent of any earlier call.
   */
  measure(weights: Float32Array, images: Images): MaybePromise<Solution>;

  /**
   * Class probabilities, evaluation mode.
   * @returns f32[images.count × classes], rows sum to 1
   */
  predict(solution: Solution, images: Images): MaybePromise<Float32Array>;
}
