/** The interface of an engine: a network as a pure function of one flat weight vector. */
import type { Images } from '../../data/index.ts';
import type { Plan } from './plan.ts';

/** The batch of a training step. Arrays may be longer than `count` images; only the first `count` are read. */
export interface Batch {
  count: number;
  /** u8[count × height × width × channels]. The network divides by 255. */
  readonly pixels: Uint8Array;
  /** Class index of each image. */
  readonly labels: Uint16Array;
  /**
   * Soft labels, f32[count × classes], which replace `labels`. Every row sums to 1. Callers apply label smoothing and
   * mixup.
   */
  targets?: Float32Array;
  /** Weights of the images in the loss, f32[count], above 0. The sum is still divided by `count`. Default: 1 each */
  weights?: Float32Array;
  /**
   * Seed of dropout, an integer in [0, 2³²). The mask of an image depends only on it, on the dropout layer and on the
   * position in the batch. Required if the plan has a dropout.
   */
  seed?: number;
}

/**
 * A weight vector with the batch-norm statistics that were measured for exactly these weights. `Network.measure`
 * creates it, and `predict` takes nothing else, so that weights are never used with foreign statistics.
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
  /** Name of the engine, for run records: `simd`, `tfjs:cpu`, … Each name stands for one set of bits. */
  readonly engine: string;
  /** Kernels of the engine, if it has several kinds: `wasm`, `native-512`, … */
  readonly kernels?: string;

  /**
   * Mean softmax cross-entropy of a batch in training mode (batch statistics, dropout), and its gradient.
   * @param weights f32[P]
   * @param gradient f32[P], overwritten
   * @param frozen if given, its statistics replace those of the batch and are constants of the gradient, and there is
   *   no dropout: this is the loss of evaluation, for the curvature around a solution
   * @returns the loss in nats; NaN or infinite when the weights have diverged
   * @throws RangeError when the plan has a dropout and the batch no seed, `targets` or `weights` are too short, or a
   *   label is no class
   */
  lossAndGradient(weights: Float32Array, batch: Batch, gradient: Float32Array, frozen?: Solution): MaybePromise<number>;

  /**
   * Measures batch-norm statistics of `weights` over `images`: one forward pass in training mode, without dropout, with
   * moments over all samples (each has the same weight, also in a smaller last batch). It does not depend on earlier
   * calls.
   */
  measure(weights: Float32Array, images: Images): MaybePromise<Solution>;

  /**
   * Class probabilities in evaluation mode.
   * @returns f32[images.count × classes], rows sum to 1
   */
  predict(solution: Solution, images: Images): MaybePromise<Float32Array>;
}

/** @throws RangeError if the batch lacks something that the plan needs, or has a label that is no class */
export function checkBatch(plan: Plan, { count, labels, targets, weights, seed }: Batch, frozen?: Solution): void {
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(`Expected \`count\` to be a whole number of at least 1, got ${count}.`);
  }
  const wrong = targets ? -1 : labels.subarray(0, count).findIndex((label) => label >= plan.classes);
  if (wrong >= 0) {
    throw new RangeError(`Expected \`labels\` below ${plan.classes}, the number of classes, got ${labels[wrong]}.`);
  }
  if (targets && targets.length < count * plan.classes) {
    throw new RangeError(`Expected \`targets\` to have ${count} × ${plan.classes} elements, got ${targets.length}.`);
  }
  if (weights && weights.length < count) {
    throw new RangeError(`Expected \`weights\` to have ${count} elements, got ${weights.length}.`);
  }
  const isSeed = seed !== undefined && Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32;
  if (!isSeed && !frozen && plan.nodes.some((node) => node.kind === 'dropout')) {
    throw new RangeError(
      `Expected \`seed\` to be an integer in [0, 2³²), since "${plan.model}" has dropout, got ${seed}.`,
    );
  }
}
