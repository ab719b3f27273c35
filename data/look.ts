/** What there is to be seen before a training: how many images each class has, some of them, and their mean. */
import { createPauses } from '../base/pauses.ts';
import { type Augmentation, createAugmenter } from './augment.ts';
import { type Images, imageAt, imageSize, rowReader, type LabelledImages } from './images.ts';

export interface ClassLook {
  readonly name: string;
  readonly count: number;
  /** Rows of some of its images, spread evenly over the file. */
  readonly samples: readonly number[];
  /** u8[height × width × channels]: the mean of its images, rounded; null for a class without images. */
  readonly mean: Uint8Array | null;
}

/** Samples that a class has where there is room for them. */
export const SAMPLES = 9;
const SHOWN_AUGMENTED = 8;

/**
 * @param most samples of each class
 * @param signal ends the look
 */
export async function lookAtClasses(
  images: LabelledImages,
  classes: readonly string[],
  most: number,
  signal?: AbortSignal,
): Promise<ClassLook[]> {
  const pauses = createPauses(signal);
  const size = imageSize(images.shape);
  const rows = classes.map((): number[] => []);
  const sums = classes.map(() => new Float64Array(size));
  const { bytes, find } = rowReader(images);
  for (const [row, label] of images.labels.entries()) {
    if (pauses.isDue()) await pauses.take();
    rows[label].push(row);
    const sum = sums[label];
    const at = find(row);
    for (let i = 0; i < size; i += 1) sum[i] += bytes[at + i];
  }
  return classes.map((name, label) => {
    const own = rows[label];
    return {
      name,
      count: own.length,
      samples: spread(own, most),
      mean: own.length === 0 ? null : Uint8Array.from(sums[label], (sum) => Math.round(sum / own.length)),
    };
  });
}

function spread(rows: readonly number[], most: number): number[] {
  const count = Math.min(most, rows.length);
  return Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)]);
}

/**
 * What an augmentation makes of some images in the first epoch of a training with seed 1; mixup, which blends two images
 * of a batch, is left out.
 * @returns u8[height × width × channels] for each row
 */
export function augmentedRows(images: Images, rows: readonly number[], amounts: Augmentation): Uint8Array[] {
  const size = imageSize(images.shape);
  const { draw } = createAugmenter(images.shape, amounts, 1)(0);
  return rows.map((row) => {
    const target = new Uint8Array(size);
    draw(row, imageAt(images, row), 0, target, 0);
    return target;
  });
}

/** Eight images: the first sample of each of eight classes, or more samples of fewer classes. */
export function augmentedSamples(classes: readonly ClassLook[]): number[] {
  const rows: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    for (const { samples } of classes) if (samples[sample] !== undefined) rows.push(samples[sample]);
  }
  return rows.slice(0, SHOWN_AUGMENTED);
}
