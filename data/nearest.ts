/** The most similar other images, by their pixels. */
import { createPauses } from '../base/pauses.ts';
import { type Images, imageAt, imageSize, rowReader } from './images.ts';

export interface Neighbour {
  /** Position of the image, from 0. */
  readonly row: number;
  /** Root mean square of the differences of its pixels, 0 (the same) … 1 (black and white). */
  readonly distance: number;
}

export interface NearestOptions {
  /** Ends the search. */
  readonly signal?: AbortSignal;
  /** Told a few times a second which share of the work is done, 0 … 1. */
  readonly onShare?: (share: number) => void;
}

/** Bytes after which a sum is compared with that of the images found so far: a multiple of usual rows. */
const PART = 112;

/**
 * The nearest of all images to some of them: every pair is looked at, until it is further than those that were found.
 * @param rows the images whose neighbours are wanted
 * @param most neighbours of each
 * @returns for each of `rows` its neighbours, the nearest first, the earlier of equals first; never the image itself
 */
export async function nearestImages(
  images: Images,
  rows: ArrayLike<number>,
  most: number,
  { signal, onShare = () => {} }: NearestOptions = {},
): Promise<Neighbour[][]> {
  const size = imageSize(images.shape);
  const pauses = createPauses(signal);
  const wanted = Array.from(rows, (row) => ({ row, pixels: imageAt(images, row) }));
  /** Neighbours with the sums of their squared differences, the least first. */
  const found = wanted.map((): { row: number; sum: number }[] => []);
  const { bytes, find } = rowReader(images);
  for (let other = 0; other < images.count; other += 1) {
    if (pauses.isDue()) {
      onShare(other / images.count);
      await pauses.take();
    }
    const at = find(other);
    for (const [i, { row, pixels }] of wanted.entries()) {
      if (row === other) continue;
      const list = found[i];
      const bound = list.length < most ? Infinity : list[most - 1].sum;
      let sum = 0;
      for (let from = 0; from < size && sum < bound; from += PART) {
        const to = Math.min(from + PART, size);
        for (let j = from; j < to; j += 1) {
          const difference = pixels[j] - bytes[at + j];
          sum += difference * difference;
        }
      }
      if (sum >= bound) continue;
      if (list.length === most) list.pop();
      const place = list.findLastIndex((one) => one.sum <= sum) + 1;
      list.splice(place, 0, { row: other, sum });
    }
  }
  return found.map((list) => list.map(({ row, sum }) => ({ row, distance: Math.sqrt(sum / size) / 255 })));
}
