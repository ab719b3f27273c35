/**
 * Images that are the same, or nearly: within the training images, and between training and test images, where they
 * tell a score that no other image will have.
 *
 * Identical images are found by their digests. Images are nearly the same if the correlation of their pixels is at least
 * 0.99, and that of their small pictures at least 0.995: another brightness, contrast, compression or a little noise
 * hides nothing, but a mirrored or moved copy is not found. The small picture of an image is 8 × 8 in grey with mean 0 and
 * length 1; it is projected onto the first 16 principal components of all. A projection makes no distance longer, so that
 * near images are in the same stripe of every component or in neighbouring ones: the images are divided by one component
 * after the other, and few pairs are left to compare (an ε-kdB join: Shim, Srikant and Agrawal 1997). Time grows with the
 * number of such pairs, which is limited; memory grows with the number of images alone.
 */
import { hash } from 'node:crypto';
import { createPauses } from '../base/pauses.ts';
import { eigen } from '../numerics/eigen.ts';
import { type Images, imageAt as bytesOf } from './images.ts';

/** Correlation of the pixels of images that are nearly the same. */
export const LEAST_SIMILARITY = 0.99;
/** Correlation of their small pictures, which have less noise. */
const LEAST_SMALL_SIMILARITY = 0.995;
/** Distance of unit vectors with that correlation. */
const REACH = Math.sqrt(2 - 2 * LEAST_SMALL_SIMILARITY);
/** Side of the small pictures. */
const SIDE = 8;
/** Principal components. */
const COMPONENTS = 16;
/** Lists with so few pairs are compared without dividing them further. */
const FEW_PAIRS = 256;
/** Images whose small pictures decide the principal components. */
const MOST_SAMPLED = 2_000;
/** Pairs whose coordinates are compared: some seconds. More come from images that are all alike. */
const MOST_COMPARED = 300_000_000;
/** Images that are compared with a list before the clock is looked at. */
const ROWS_WITHOUT_PAUSE = 64;
/** Pairs whose pixels are compared, in bytes. */
const MOST_BYTES = 4_000_000_000;

/** An image by its place among the training or the test images, from 0. */
export interface Place {
  readonly of: 'train' | 'test';
  readonly row: number;
}

export interface NearPair {
  readonly first: Place;
  readonly second: Place;
  /** Correlation of their pixels, 0.99 … 1. */
  readonly similarity: number;
}

export interface Duplicates {
  /** Groups of identical images with a training image in each, by their first image. */
  readonly exact: readonly (readonly Place[])[];
  /** Pairs of different images that are nearly the same, the most similar first; the first is a training image. */
  readonly near: readonly NearPair[];
  /** Whether all pairs were compared; not where so many are alike that it would take too long. */
  readonly isComplete: boolean;
}

export interface DuplicateOptions {
  /** Ends the search. */
  readonly signal?: AbortSignal;
  /** Told a few times a second which share of the work is done, 0 … 1. */
  readonly onShare?: (share: number) => void;
}

/** Shares of the work, for the progress: digests, small pictures, and pairs take about these parts of the time. */
const DIGESTS_SHARE = 0.1;
const PICTURES_SHARE = 0.3;

/** @param test null if there are none */
export async function findDuplicates(
  train: Images,
  test: Images | null,
  { signal, onShare = () => {} }: DuplicateOptions = {},
): Promise<Duplicates> {
  const pauses = createPauses(signal);
  const pauseAt: Pause = (share) => {
    if (!pauses.isDue()) return undefined;
    onShare(share);
    return pauses.take();
  };
  const all = [train, ...(test === null ? [] : [test])];
  const count = all.reduce((sum, images) => sum + images.count, 0);
  const placeOf = (i: number): Place =>
    i < train.count ? { of: 'train', row: i } : { of: 'test', row: i - train.count };
  const imageAt = (i: number): Uint8Array => {
    const { of, row } = placeOf(i);
    return bytesOf(of === 'train' ? train : test!, row);
  };
  const groups = new Map<string, number[]>();
  for (let i = 0; i < count; i += 1) {
    const pause = pauseAt((DIGESTS_SHARE * i) / count);
    if (pause !== undefined) await pause;
    const digest = hash('sha1', imageAt(i), 'base64');
    const group = groups.get(digest);
    if (group === undefined) groups.set(digest, [i]);
    else group.push(i);
  }
  // One of identical images is compared with others.
  const different = Uint32Array.from(groups.values(), ([first]) => first);
  const near = await nearPairs({ different, imageAt, shape: train.shape, trainCount: train.count }, (done) =>
    pauseAt(DIGESTS_SHARE + (1 - DIGESTS_SHARE) * done),
  );
  return {
    exact: [...groups.values()]
      .filter((group) => group.length > 1 && group[0] < train.count)
      .map((group) => group.map(placeOf)),
    near: near.pairs
      .map(([first, second, similarity]) => ({ first: placeOf(first), second: placeOf(second), similarity }))
      .toSorted((a, b) => b.similarity - a.similarity),
    isComplete: near.isComplete,
  };
}

interface Search {
  /** Positions of images that all differ, in ascending order. */
  readonly different: Uint32Array;
  readonly imageAt: (i: number) => Uint8Array;
  readonly shape: Images['shape'];
  /** Images from there on are test images, which are not compared with each other. */
  readonly trainCount: number;
}

interface Found {
  readonly pairs: (readonly [first: number, second: number, similarity: number])[];
  readonly isComplete: boolean;
}

/** A place to pause, with the share of the work that is done; undefined if it is not time, so that nobody waits for nothing. */
type Pause = (share: number) => Promise<void> | undefined;

/** Lists of images that are equal in the stripes of all components before `k`, which are to be compared. */
interface Join {
  readonly first: readonly number[];
  /** Null for the pairs within the first list. */
  readonly second: readonly number[] | null;
  readonly k: number;
  /** Share of the work. */
  readonly share: number;
}

async function nearPairs({ different, imageAt, shape, trainCount }: Search, pauseAt: Pause): Promise<Found> {
  const points = await coordinatesOf(different, imageAt, shape, (done) => pauseAt(PICTURES_SHARE * done));
  const pairs: [number, number, number][] = [];
  let compared = 0;
  let bytes = 0;
  const compare = (a: number, b: number): void => {
    compared += 1;
    let distance = 0;
    for (let k = 0; k < COMPONENTS; k += 1) {
      const difference = points[a * COMPONENTS + k] - points[b * COMPONENTS + k];
      distance += difference * difference;
      if (distance > REACH * REACH) return;
    }
    const [first, second] = a < b ? [different[a], different[b]] : [different[b], different[a]];
    if (first >= trainCount) return;
    bytes += imageAt(first).length;
    const similarity = correlation(imageAt(first), imageAt(second));
    if (similarity >= LEAST_SIMILARITY) pairs.push([first, second, similarity]);
  };

  const isLeft = (): boolean => compared <= MOST_COMPARED && bytes <= MOST_BYTES;
  const visible = Array.from(different.keys()).filter((i) => !Number.isNaN(points[i * COMPONENTS]));
  // The next one last: what is divided first is compared first.
  const waiting: Join[] = [{ first: visible, second: null, k: 0, share: 1 }];
  let done = 0;
  let rows = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { first, second, k, share } = next;
    const others = second ?? first;
    if (k < COMPONENTS && first.length * others.length > FEW_PAIRS) {
      waiting.push(...divided(points, next).toReversed());
      continue;
    }
    for (let i = 0; i < first.length && isLeft(); i += 1) {
      for (let j = second === null ? i + 1 : 0; j < others.length; j += 1) compare(first[i], others[j]);
      rows += 1;
      const pause = rows % ROWS_WITHOUT_PAUSE > 0 ? undefined : pauseAt(PICTURES_SHARE + (1 - PICTURES_SHARE) * done);
      if (pause !== undefined) await pause;
    }
    done += share;
  }
  return { pairs, isComplete: isLeft() };
}

/** The lists in the same stripe of the next component, and in neighbouring ones; their shares are those of their pairs. */
function divided(points: Float32Array, { first, second, k, share }: Join): Join[] {
  const stripes = stripesOf(points, first, k);
  const otherStripes = second === null ? stripes : stripesOf(points, second, k);
  const parts: [readonly number[], readonly number[] | null][] = [];
  for (const [stripe, members] of stripes) {
    if (second === null) parts.push([members, null]);
    for (const step of second === null ? [1] : [-1, 0, 1]) {
      const neighbours = otherStripes.get(stripe + step);
      if (neighbours !== undefined) parts.push([members, neighbours]);
    }
  }
  const pairsOf = ([one, other]: (typeof parts)[number]): number => one.length * (other?.length ?? one.length / 2);
  const total = parts.reduce((sum, part) => sum + pairsOf(part), 0);
  return parts.map((part) => ({ first: part[0], second: part[1], k: k + 1, share: (share * pairsOf(part)) / total }));
}

/** Images by their place along a component, in stripes as wide as near images can be apart. */
function stripesOf(points: Float32Array, images: readonly number[], k: number): Map<number, number[]> {
  const stripes = new Map<number, number[]>();
  for (const image of images) {
    const stripe = Math.floor(points[image * COMPONENTS + k] / REACH);
    const members = stripes.get(stripe);
    if (members === undefined) stripes.set(stripe, [image]);
    else members.push(image);
  }
  return stripes;
}

/** f32[count × 16]: the coordinates of each image, NaN for a blank one, all of whose pixels are the same. */
async function coordinatesOf(
  different: Uint32Array,
  imageAt: Search['imageAt'],
  shape: Images['shape'],
  pauseAt: Pause,
): Promise<Float32Array> {
  const length = Math.min(SIDE, shape.height) * Math.min(SIDE, shape.width);
  const picture = new Float64Array(length);
  const shrink = shrinker(shape);
  const axes = principalAxes(different, (i) => shrink(imageAt(i), picture), length);
  const points = new Float32Array(different.length * COMPONENTS);
  for (let i = 0; i < different.length; i += 1) {
    const pause = pauseAt(i / different.length);
    if (pause !== undefined) await pause;
    const isBlank = !shrink(imageAt(different[i]), picture);
    for (let k = 0; k < COMPONENTS; k += 1) {
      let sum = isBlank ? NaN : 0;
      if (k < axes.length) for (let j = 0; j < length; j += 1) sum += axes[k][j] * picture[j];
      points[i * COMPONENTS + k] = sum;
    }
  }
  return points;

  /** The directions in which small pictures differ most, from a sample spread evenly over the images. */
  function principalAxes(images: Uint32Array, draw: (i: number) => boolean, d: number): Float64Array[] {
    const covariance = new Float64Array(d * d);
    const step = Math.max(1, Math.floor(images.length / MOST_SAMPLED));
    for (let i = 0; i < images.length; i += step) {
      if (!draw(images[i])) continue;
      for (let r = 0; r < d; r += 1) for (let c = 0; c < d; c += 1) covariance[r * d + c] += picture[r] * picture[c];
    }
    const { values, vectors } = eigen(covariance, d);
    const order = Array.from(values.keys()).toSorted((a, b) => values[b] - values[a]);
    return order.slice(0, COMPONENTS).map((k) => Float64Array.from({ length: d }, (_, row) => vectors[row * d + k]));
  }
}

/** Makes the small picture of an image: grey, mean 0, length 1. Its function returns whether there is one. */
function shrinker({ height, width, channels }: Images['shape']): (image: Uint8Array, to: Float64Array) => boolean {
  const [rows, columns] = [Math.min(SIDE, height), Math.min(SIDE, width)];
  const cellOf = Uint16Array.from({ length: height * width }, (_, pixel) => {
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    return Math.floor((y * rows) / height) * columns + Math.floor((x * columns) / width);
  });
  const share = new Float64Array(rows * columns);
  for (const cell of cellOf) share[cell] += channels;
  return (image, to) => {
    to.fill(0);
    for (let i = 0, pixel = 0; pixel < cellOf.length; pixel += 1) {
      for (let channel = 0; channel < channels; channel += 1, i += 1) to[cellOf[pixel]] += image[i];
    }
    let mean = 0;
    for (let cell = 0; cell < to.length; cell += 1) {
      to[cell] /= share[cell];
      mean += to[cell] / to.length;
    }
    let square = 0;
    for (let cell = 0; cell < to.length; cell += 1) {
      to[cell] -= mean;
      square += to[cell] * to[cell];
    }
    // Rounding of the mean alone leaves less than that.
    if (square < 1e-9) return false;
    const length = Math.sqrt(square);
    for (let cell = 0; cell < to.length; cell += 1) to[cell] /= length;
    return true;
  };
}

/** Pearson's correlation of two images; 0 if one of them is blank. */
function correlation(a: Uint8Array, b: Uint8Array): number {
  let [sumA, sumB, squaresA, squaresB, products] = [0, 0, 0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    sumA += a[i];
    sumB += b[i];
    squaresA += a[i] * a[i];
    squaresB += b[i] * b[i];
    products += a[i] * b[i];
  }
  const n = a.length;
  const variances = (squaresA - (sumA * sumA) / n) * (squaresB - (sumB * sumB) / n);
  return variances > 0 ? (products - (sumA * sumB) / n) / Math.sqrt(variances) : 0;
}
