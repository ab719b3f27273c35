/**
 * Products of the loss's Hessian with vectors, by central differences of gradients:
 *
 *   H v ≈ ‖v‖ (∇L(w + h v/‖v‖) − ∇L(w − h v/‖v‖)) / 2h.
 *
 * L is the mean cross-entropy in evaluation mode, with batch-norm statistics frozen at those measured for w, and
 * without weight decay. With statistics of the batch the loss of an image would depend on the other images, and the
 * curvature along a rescaling of a normalised layer would vanish.
 *
 * Source: Pearlmutter 1994 for the product. Differences are used, since the engines have no second derivatives.
 */
import type { Piscina } from 'piscina';
import { copyPixels, imageSize, type LabelledImages } from '../data/index.ts';
import type { Batch, Network, Solution } from '../models/index.ts';
import type { Gradient } from '../pipeline/index.ts';
import type { Setting } from './evaluate.ts';
import { addScaled, length } from '../numerics/vectors.ts';
import { workerFile } from './worker-file.ts';

/** A symmetric linear map on f64[P], which does not change its argument. */
export type Operator = (v: Float64Array) => Promise<Float64Array>;

/**
 * h as a share of ‖w‖: small against the distance over which the curvature changes, large against the rounding of
 * gradients in float32. docs/design/decisions/0014-hessian.md says how λ₁ depends on it.
 */
const RELATIVE_STEP = 1e-3;
/** Number of images whose gradients one task sums. It and the order of the sum are fixed, which fixes the bits. */
const SHARD = 1024;
const BATCH = 512;

export interface ShardTask {
  readonly solution: Solution;
  readonly images: LabelledImages;
  readonly first: number;
  readonly count: number;
  /** w + h v/‖v‖ and w − h v/‖v‖, f32[P] */
  readonly plus: Float32Array;
  readonly minus: Float32Array;
}

/** The Hessian of the mean loss over `images`, computed in this thread. */
export const hessian = (
  network: Network,
  solution: Solution,
  images: LabelledImages,
  relativeStep?: number,
): Operator => operator(solution, images, async (task) => gradientDifference(network, task), relativeStep);

/** The Hessian with the same bits, computed by all threads of the pool. */
export const hessianOnPool = (
  pool: Piscina,
  { plan, engine }: Pick<Setting, 'plan' | 'engine'>,
  solution: Solution,
  images: LabelledImages,
  signal?: AbortSignal,
): Operator => {
  const compute = async (task: ShardTask): Promise<Float64Array> =>
    pool.run(
      { ...task, plan, engine },
      { filename: workerFile, name: 'differentiateShard', signal },
    ) as Promise<Float64Array>;
  return operator(solution, images, compute);
};

function operator(
  solution: Solution,
  images: LabelledImages,
  compute: (task: ShardTask) => Promise<Float64Array>,
  relativeStep = RELATIVE_STEP,
): Operator {
  const { weights } = solution;
  const h = relativeStep * length(weights);
  return async (v) => {
    const size = length(v);
    const sum = new Float64Array(v.length);
    if (size === 0) return sum;
    const moved = (sign: 1 | -1): Float32Array => weights.map((w, i) => w + (sign * h * v[i]) / size);
    const [plus, minus] = [moved(1), moved(-1)];
    const shards: Promise<Float64Array>[] = [];
    for (let first = 0; first < images.count; first += SHARD) {
      const count = Math.min(SHARD, images.count - first);
      shards.push(compute({ solution, images, first, count, plus, minus }));
    }
    for (const difference of await Promise.all(shards)) addScaled(sum, size / (2 * h * images.count), difference);
    return sum;
  };
}

/** Sum over the shard's images of ∇L(plus) − ∇L(minus), f64[P]. */
export async function gradientDifference(network: Network, task: ShardTask): Promise<Float64Array> {
  const { solution, images, first, count, plus, minus } = task;
  const gradient = new Float32Array(plus.length);
  const sum = new Float64Array(plus.length);
  for (const batch of batchesInOrder(images, BATCH, first, count)) {
    await network.lossAndGradient(plus, batch, gradient, solution);
    addScaled(sum, batch.count, gradient);
    await network.lossAndGradient(minus, batch, gradient, solution);
    addScaled(sum, -batch.count, gradient);
  }
  return sum;
}

/** The gradient of the loss in evaluation mode, with the statistics of a solution. */
export const frozenGradient =
  (network: Network, solution: Solution): Gradient =>
  (weights, batch, gradient) =>
    network.lossAndGradient(weights, batch, gradient, solution);

/** Batches of `size` images in their order, for `count` images from `first` on. The last batch may be smaller. */
export function* batchesInOrder(
  images: LabelledImages,
  size: number,
  first = 0,
  count = images.count,
): Generator<Batch> {
  for (let at = first; at < first + count; at += size) {
    const taken = Math.min(size, first + count - at);
    const pixels = new Uint8Array(taken * imageSize(images.shape));
    copyPixels(images, at, taken, pixels);
    yield { count: taken, pixels, labels: images.labels.subarray(at) };
  }
}
