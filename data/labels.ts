/** What may happen to the labels of training images: exchanged, or made wrong on purpose. */
import type { LabelledImages } from './images.ts';
import { random } from '../numerics/random.ts';

/** The same images with other labels, of which a copy is made. @param labels one for each image */
export function withLabels(images: LabelledImages, labels: ArrayLike<number>): LabelledImages {
  const shared = new Uint16Array(new SharedArrayBuffer(images.count * Uint16Array.BYTES_PER_ELEMENT));
  shared.set(labels);
  return { ...images, labels: shared };
}

/**
 * Symmetric label noise: this share of the images, drawn without their classes, get a label drawn evenly from all
 * classes. So of K classes 1 − share + share / K keep their true one. Source: Zhang et al. 2017, arXiv:1611.03530.
 * @param share in [0, 1]
 */
export function noisyLabels(images: LabelledImages, share: number, classes: number, seed: number): LabelledImages {
  const chosen = random(seed, 'label noise', 'images').permutation(images.count);
  const labels = Uint16Array.from(images.labels);
  const stream = random(seed, 'label noise', 'labels');
  // Those of a smaller share are among those of a larger one, with the same labels.
  for (const image of chosen.subarray(0, Math.round(share * images.count))) labels[image] = stream.integer(classes);
  return withLabels(images, labels);
}
