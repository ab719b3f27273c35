/** The contract of an engine: a network as a pure function of one flat weight vector. */
import type { Images } from '../../data/index.ts';
import type { Plan } from './plan.ts';

/** What a training step sees. The arrays may be longer than `count` images; only the first `count` are read. */
export interface Batch {
  count: number;
  /** count × height × width × channels bytes; the network sees each divided by 255. */
  readonly pixels: Uint8Array;
  /** Class index of each image. */
  readonly labels: Uint16Array;
  /**
   * Soft labels, f32[count × classes], used instead of `labels` when present. Every row sums to 1; label smoothing and
   * mixup are made outside.
   */
  targets?: Float32Array;
  /** How much the loss of each image counts, f32[count], above 0; the mean is still one over `count`. Default: 1 each. */
  weights?: Float32Array;
  /**
   * Integer in [0, 2³²) from which dropout draws: an image's mask depends only on it, on the dropout layer and on the
   * image's place in the batch. Required when the plan has a dropout.
   */
  seed?: number;
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
  /** Name of the engine, for run records: `simd`, `tfjs:cpu`, … One name, one set of bits. */
  readonly engine: string;
  /** What computes in the engine, where it has several kinds of kernels: `wasm`, `native-512`, … */
  readonly kernels?: string;

  /**
   * Mean softmax cross-entropy of a batch in training mode (batch statistics, dropout), and its gradient.
   * @param weights f32[P]
   * @param gradient f32[P], overwritten
   * @param frozen its statistics take the place of the batch's and are constants to the gradient, and there is no
   *   dropout: the loss of evaluation, for the curvature around a solution
   * @returns the loss in nats; NaN or infinite when the weights have diverged
   * @throws RangeError when the plan has a dropout and the batch no seed, `targets` or `weights` are too few, or a label is no class
   */
  lossAndGradient(weights: Float32Array, batch: Batch, gradient: Float32Array, frozen?: Solution): MaybePromise<number>;

  /**
   * Batch-norm statistics of `weights` over `images`: one forward pass in training mode, moments summed over all
   * samples (each sample weighs the same, also in a smaller last batch). Without dropout, since the statistics are for
   * evaluation, which has none. Independent of any earlier call.
   */
  measure(weights: Float32Array, images: Images): MaybePromise<Solution>;

  /**
   * Class probabilities, evaluation mode.
   * @returns f32[images.count × classes], rows sum to 1
   */
  predict(solution: Solution, images: Images): MaybePromise<Float32Array>;
}

/** @throws RangeError if the batch lacks something that the plan needs, or has a label that is not a class */
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
