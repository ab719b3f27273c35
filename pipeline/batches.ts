/** Mini-batches: every image once an epoch, in a new order each time, augmented if the parameters ask for it. */
import {
  type Augmentation,
  augmentations,
  createAugmenter,
  blend,
  SHARE_ONE,
  imageSize,
  type LabelledImages,
  rowReader,
} from '../data/index.ts';
import { random } from '../numerics/random.ts';
import type { Batch } from '../models/index.ts';

export type ClassWeights = 'none' | 'balanced';

export interface Augmented {
  readonly augmentation: Augmentation;
  /** ε of label smoothing: this share of each target is spread evenly over all classes. Default: 0. */
  readonly labelSmoothing?: number;
  /** `balanced` lets each image count as much as its class is rare. Default: none. */
  readonly classWeights?: ClassWeights;
  /** Whether each batch has targets even if its labels are neither mixed nor smoothed. Default: false. */
  readonly hasTargets?: boolean;
  /** Classes of the targets. */
  readonly classes: number;
}

/**
 * Yields ⌈n / batchSize⌉ batches, the last one perhaps smaller. The same object is filled again each time. Mixed
 * and smoothed labels are `targets`, (1 − ε) y + ε / K; a mixed image counts as much as the classes of its two parts. Every
 * batch has a `seed` of its own for the network's dropouts.
 * @param epoch counted from 0; with `seed` it decides the order, and with the image what augmentation does to it
 */
export function createBatches(images: LabelledImages, batchSize: number, seed: number, augmented?: Augmented) {
  const {
    augmentation,
    labelSmoothing = 0,
    classWeights = 'none',
    hasTargets = false,
    classes,
  }: Augmented = augmented ?? { augmentation: augmentations.none, classes: 0 };
  const augment = createAugmenter(images.shape, augmentation, seed);
  const mixes = augmentation.mixup > 0 || augmentation.cutmix > 0;
  const soft = mixes || labelSmoothing > 0 || hasTargets;
  const weightOf = classWeights === 'balanced' ? balancedWeights(images.labels, classes) : null;
  const size = imageSize(images.shape);
  const capacity = Math.min(batchSize, images.count);
  // Mixup and CutMix mix an image with the next one in the epoch's order, even if that one is in another batch: so one
  // more image is drawn. Without them the next one's share is 0.
  const source = rowReader(images);
  const rows = capacity + Number(soft);
  const pixels = new Uint8Array(rows * size);
  const labels = new Uint16Array(rows);
  const batch: Batch = {
    count: capacity,
    pixels,
    labels,
    ...(soft && { targets: new Float32Array(capacity * classes) }),
    ...(weightOf && { weights: new Float32Array(capacity) }),
  };
  return function* (epoch: number): Generator<Batch> {
    const order = random(seed, 'shuffle', epoch).permutation(images.count);
    const { draw, share, paste } = augment(epoch);
    const seeds = random(seed, 'dropout', epoch);
    for (let first = 0; first < images.count; first += capacity) {
      batch.count = Math.min(capacity, images.count - first);
      batch.seed = seeds.integer(2 ** 32);
      for (let i = 0; i < batch.count + Number(soft); i += 1) {
        const from = order[(first + i) % images.count];
        draw(from, source.bytes, source.find(from), pixels, i * size);
        labels[i] = images.labels[from];
      }
      if (batch.targets) {
        batch.targets.fill(labelSmoothing / classes);
        for (let i = 0; i < batch.count; i += 1) {
          const image = order[first + i];
          const blended = share(image);
          if (blended < SHARE_ONE) blend(pixels, i * size, (i + 1) * size, size, blended);
          // The box shows the other image alone, so the image's share of what is left of the blend is its own.
          const own = (blended / SHARE_ONE) * paste(image, pixels, i * size, (i + 1) * size);
          batch.targets[i * classes + labels[i]] += (1 - labelSmoothing) * own;
          batch.targets[i * classes + labels[i + 1]] += (1 - labelSmoothing) * (1 - own);
        }
      }
      if (batch.weights && weightOf) {
        for (let i = 0; i < batch.count; i += 1) {
          const own = mixes ? share(order[first + i]) / SHARE_ONE : 1;
          batch.weights[i] = own * weightOf[labels[i]] + (own < 1 ? (1 - own) * weightOf[labels[i + 1]] : 0);
        }
      }
      yield batch;
    }
  };
}

/**
 * The weight n / (k · nᶜ) of each class c that occurs, of k such classes with nᶜ of n images: their mean over the images
 * is 1. As `class_weight="balanced"` of scikit-learn; Keras multiplies the loss of an image by it in the same way.
 */
export function balancedWeights(labels: ArrayLike<number>, classes: number): Float64Array {
  const counts = new Float64Array(classes);
  for (let i = 0; i < labels.length; i += 1) counts[labels[i]] += 1;
  const occurring = counts.reduce((sum, count) => sum + Number(count > 0), 0);
  return counts.map((count) => (count === 0 ? 0 : labels.length / (occurring * count)));
}
