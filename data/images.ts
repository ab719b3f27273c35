/** The one form in which images travel through the program: bytes in shared memory, or in a file where they are many. */

import type { MetricName } from './metrics/index.ts';
import { type PixelFile, readPixels } from './pixel-file.ts';
import type { FoldRule } from './split.ts';

export interface ImageShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/**
 * `count` images of height × width × channels bytes, one after the other, rows first, channels last (NHWC).
 * `pixels` lies on a SharedArrayBuffer, or in a file, so that worker threads read the same bytes. `copyPixels`, `imageAt`
 * and `rowReader` read both.
 */
export interface Images {
  readonly shape: ImageShape;
  readonly count: number;
  readonly pixels: Uint8Array<SharedArrayBuffer> | PixelFile;
  /** Positions of the images in `pixels`, where they are some of those; absent where they are all, one after the other. */
  readonly rows?: Uint32Array;
  /** Changes each image where it is read: `augmented` sets it. Such images stay in one thread. */
  readonly draw?: DrawImage;
}

/** Writes what becomes of image `image`, which lies at `source[from …]`, to `target[to …]`. */
export type DrawImage = (image: number, source: Uint8Array, from: number, target: Uint8Array, to: number) => void;

/** Images with the class index of each, 0 ≤ label < classes. */
export interface LabelledImages extends Images {
  readonly labels: Uint16Array<SharedArrayBuffer>;
  /** The file that they are from, for messages. */
  readonly source?: string;
  /** Names of images that could not be read and are not among them. */
  readonly broken?: readonly string[];
  /** What predictions of them are scored by. Default: accuracy. */
  readonly metric?: MetricName;
  /** What decides which of them validate together. Default: stratified folds. */
  readonly folds?: FoldRule;
}

/** Images as they come from a file, and the label of each if the file has them. */
export interface PixelRows extends Pick<Images, 'count' | 'pixels'> {
  /** u16[count], null for a file without labels. */
  readonly labels: Uint16Array<SharedArrayBuffer> | null;
  /** Id of each image as the file writes it; absent where it has none. */
  readonly ids?: readonly string[];
  /** Group or fold of each image as the file writes it, where that was asked for. */
  readonly parts?: readonly string[];
  /** Names of images that could not be read: left out with labels, and black without. */
  readonly broken?: readonly string[];
}

/** Images that are read from one competition's file at most; more are a mistake or an attack, and must not fill the memory. */
export const maximumRows = 2_000_000;

/**
 * Room for `count` images in shared memory, so that worker threads read the same bytes. The system hands it out page by
 * page as it is written.
 */
export const allocateRows = (count: number, imageBytes: number, labelled: boolean): RowsInMemory => ({
  count,
  pixels: new Uint8Array(new SharedArrayBuffer(count * imageBytes)),
  labels: labelled ? allocateLabels(count) : null,
});

export type RowsInMemory = PixelRows & { readonly pixels: Uint8Array<SharedArrayBuffer> };

export const allocateLabels = (count: number): Uint16Array<SharedArrayBuffer> =>
  new Uint16Array(new SharedArrayBuffer(count * Uint16Array.BYTES_PER_ELEMENT));

export const imageSize = (shape: ImageShape): number => shape.height * shape.width * shape.channels;

/** A copy of the first images; of all where there are no more than `most`. */
export const firstOf = (images: LabelledImages, most: number): LabelledImages => pick(images, firstRows(images, most));

export const firstRows = ({ count }: Images, most: number): Uint32Array =>
  Uint32Array.from({ length: Math.min(most, count) }, (_, i) => i);

/** The byte of `pixels` at which an image begins. */
const pixelsAt = ({ shape, rows }: Images, image: number): number => (rows ? rows[image] : image) * imageSize(shape);

/**
 * Copies some images, one after the other.
 * @param into u8[count × bytes of an image]
 * @throws UserError if the images are in a file that was cut off meanwhile
 */
export function copyPixels(images: Images, first: number, count: number, into: Uint8Array): void {
  const size = imageSize(images.shape);
  const { pixels, rows, draw } = images;
  if (draw) {
    const { bytes, find } = rowReader({ ...images, draw: undefined });
    for (let i = 0; i < count; i += 1) draw(first + i, bytes, find(first + i), into, i * size);
    return;
  }
  for (let i = 0; i < count;) {
    // Rows that follow one another are one call of the system, and one copy.
    const next = rows ? endOfRun(rows, first + i, first + count) - first : count;
    const at = pixelsAt(images, first + i);
    const bytes = (next - i) * size;
    if (pixels instanceof Uint8Array) into.set(pixels.subarray(at, at + bytes), i * size);
    else readPixels(pixels, at, into.subarray(i * size, i * size + bytes));
    i = next;
  }
}

/** Where those from `first` on that follow one another end. */
function endOfRun(rows: Uint32Array, first: number, end: number): number {
  let at = first + 1;
  while (at < end && rows[at] === rows[at - 1] + 1) at += 1;
  return at;
}

/** u8[height × width × channels]: an image, to be read only. @throws UserError as `copyPixels` */
export function imageAt(images: Images, image: number): Uint8Array {
  const { pixels, shape, draw } = images;
  if (draw) {
    const drawn = new Uint8Array(imageSize(shape));
    copyPixels(images, image, 1, drawn);
    return drawn;
  }
  const at = pixelsAt(images, image);
  if (pixels instanceof Uint8Array) return pixels.subarray(at, at + imageSize(shape));
  const bytes = new Uint8Array(imageSize(shape));
  readPixels(pixels, at, bytes);
  return bytes;
}

/**
 * For one image after the other without a new array for each: `find` says at which byte of `bytes` an image begins, until
 * it is called again. It throws a UserError as `copyPixels`.
 */
export function rowReader(images: Images): { readonly bytes: Uint8Array; readonly find: (image: number) => number } {
  const { pixels, draw } = images;
  if (pixels instanceof Uint8Array && !draw) return { bytes: pixels, find: (image) => pixelsAt(images, image) };
  const bytes = new Uint8Array(imageSize(images.shape));
  const find = (image: number): number => {
    copyPixels(images, image, 1, bytes);
    return 0;
  };
  return { bytes, find };
}

/** All bytes of `pixels` in their order, in pieces. @throws UserError as `copyPixels` */
export function* pixelPieces({ pixels }: Pick<Images, 'pixels'>): Generator<Uint8Array> {
  if (pixels instanceof Uint8Array) return yield pixels;
  const piece = new Uint8Array(PIECE_BYTES);
  for (let at = 0; at < pixels.bytes; at += PIECE_BYTES) {
    const part = piece.subarray(0, pixels.bytes - at);
    readPixels(pixels, at, part);
    yield part;
  }
}

const PIECE_BYTES = 1 << 22;

export const bytesOfPixels = ({ pixels }: Pick<Images, 'pixels'>): number =>
  pixels instanceof Uint8Array ? pixels.length : pixels.bytes;

/** All bytes of `pixels` in one array: for few images. @throws UserError as `copyPixels` */
export function allPixels({ pixels }: Pick<Images, 'pixels'>): Uint8Array<SharedArrayBuffer> {
  if (pixels instanceof Uint8Array) return pixels;
  const bytes = new Uint8Array(new SharedArrayBuffer(pixels.bytes));
  readPixels(pixels, 0, bytes);
  return bytes;
}

/**
 * Some images, in the order given, of which nothing is copied but labels: what a training of one fold sees.
 * @param indices positions in `images`
 */
export function view(images: LabelledImages, indices: Uint32Array): LabelledImages {
  const { shape, pixels, metric, rows } = images;
  const labels = allocateLabels(indices.length);
  for (const [to, from] of indices.entries()) labels[to] = images.labels[from];
  const places = rows ? indices.map((i) => rows[i]) : indices;
  return { shape, count: indices.length, pixels, rows: places, labels, ...(metric && { metric }) };
}

/** A copy of some images, in the order given. @param indices positions in `images` */
export function pick(images: LabelledImages, indices: Uint32Array): LabelledImages {
  const size = imageSize(images.shape);
  const pixels = new Uint8Array(new SharedArrayBuffer(indices.length * size));
  const labels = allocateLabels(indices.length);
  for (const [to, from] of indices.entries()) {
    copyPixels(images, from, 1, pixels.subarray(to * size, (to + 1) * size));
    labels[to] = images.labels[from];
  }
  const { shape, metric, folds } = images;
  return {
    shape,
    count: indices.length,
    pixels,
    labels,
    ...(metric && { metric }),
    ...(folds && { folds: pickFolds(folds, indices) }),
  };
}

function pickFolds({ isStratified, part }: FoldRule, indices: Uint32Array): FoldRule {
  if (!part) return { isStratified };
  const numbers = new Map<number, number>();
  const of = new Uint32Array(new SharedArrayBuffer(indices.length * Uint32Array.BYTES_PER_ELEMENT));
  for (const [to, from] of indices.entries()) {
    const known = numbers.get(part.of[from]) ?? numbers.size;
    numbers.set(part.of[from], known);
    of[to] = known;
  }
  return { isStratified, part: { ...part, of, count: numbers.size } };
}
