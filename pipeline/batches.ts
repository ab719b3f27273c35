/** Mini-batches: every image once an epoch, in a new order each time. */
import { imageSize, type LabelledImages } from '../data/images.ts';
import { random } from '../data/random.ts';
import type { Batch } from '../models/engine/network.ts';

/**
 * Yields ⌈n / batchSize⌉ batches, the last one perhaps smaller. The same `Batch` object is filled again each time.
 * @param epoch counted from 0; with `seed` it decides the order
 */
export function createBatches(images: LabelledImages, batchSize: number, seed: number) {
  const size = imageSize(images.shape);
  const capacity = Math.min(batchSize, images.count);
  const pixels = new Uint8Array(capacity * size);
  const labels = new Uint16Array(capacity);
  const batch: Batch = { count: capacity, pixels, labels };
  return function* (epoch: number): Generator<Batch> {
    const order = random(seed, 'shuffle', epoch).permutation(images.count);
    for (let first = 0; first < images.count; first += capacity) {
      batch.count = Math.min(capacity, images.count - first);
      for (let i = 0; i < batch.count; i += 1) {
        const from = order[first + i];
        pixels.set(images.pixels.subarray(from * size, (from + 1) * size), i * size);
        labels[i] = images.labels[from];
      }
      yield batch;
    }
  };
}
