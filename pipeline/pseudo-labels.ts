/**
 * Pseudo-labels: a second training that also learns from images without labels, of which the first was sure what they are.
 *
 * The labels for a fold come from the first network of that fold alone. Networks of other folds have learned from the
 * images that validate this one, and their labels would tell of them. So nothing that the second network learns from
 * depends on the images that it is scored on. Source: Lee 2013, "Pseudo-Label", ICML workshop.
 */
import { copyPixels, type Images, imageSize, type LabelledImages } from '../data/index.ts';
import { random } from '../numerics/random.ts';
import { predictedLabels } from './evaluate.ts';

export interface PseudoLabelling {
  /** Least probability of the most probable class. */
  readonly confidence: number;
  /** Without labels; all of the shape of those that have some. */
  readonly images: Images;
}

/** Images with labels, and those without after them, in memory once for all folds. */
export interface Joined {
  readonly images: LabelledImages;
  readonly labelled: number;
}

export function joinImages(labelled: LabelledImages, { images: others }: PseudoLabelling): Joined {
  const size = imageSize(labelled.shape);
  const count = labelled.count + others.count;
  const pixels = new Uint8Array(new SharedArrayBuffer(count * size));
  copyPixels(labelled, 0, labelled.count, pixels);
  copyPixels(others, 0, others.count, pixels.subarray(labelled.count * size));
  const { shape, metric } = labelled;
  const labels = new Uint16Array(new SharedArrayBuffer(count * Uint16Array.BYTES_PER_ELEMENT));
  labels.set(labelled.labels);
  return { images: { shape, count, pixels, labels, ...(metric && { metric }) }, labelled: labelled.count };
}

/**
 * What the second training of a fold sees.
 * @param probabilities f32[images without labels × classes] by the first network of the fold
 * @returns the images with the labels, and the rows to learn from besides
 */
export function pseudoLabelled(
  { images, labelled }: Joined,
  probabilities: Float32Array,
  classes: number,
  confidence: number,
): { readonly images: LabelledImages; readonly rows: Uint32Array } {
  const guessed = predictedLabels(probabilities, classes);
  const labels = new Uint16Array(new SharedArrayBuffer(images.labels.byteLength));
  labels.set(images.labels);
  labels.set(guessed, labelled);
  const rows = [...guessed.keys()].filter((i) => probabilities[i * classes + guessed[i]] >= confidence);
  return { images: { ...images, labels }, rows: Uint32Array.from(rows, (row) => labelled + row) };
}

/** Rows of both kinds, mixed: the order in which they are in the files must not be seen. */
export function mixedRows(first: Uint32Array, second: Uint32Array, seed: number): Uint32Array {
  const rows = new Uint32Array(first.length + second.length);
  rows.set(first);
  rows.set(second, first.length);
  random(seed, 'pseudo-labels').shuffle(rows);
  return rows;
}
