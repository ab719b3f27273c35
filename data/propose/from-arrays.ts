/** A draft from arrays of NumPy or IDX files. */

import { pixelSize } from '../../base/format.ts';
import { printable } from '../../base/printable.ts';
import { findSource } from '../archive.ts';
import type { AxisOrder } from '../axes.ts';
import type { ArraysDescription, SourceDescription } from '../description.ts';
import { arraysOf, type StoredArray } from '../formats/arrays.ts';
import type { NpyHeader } from '../npy.ts';
import { readSource } from '../source.ts';
import { type Notes, notUsed } from './notes.ts';
import { type Inventory, sourceIn } from './inventory.ts';
import { inOrder } from '../in-order.ts';
import { PixelValues, type Scale } from './pixel-values.ts';
import { type Draft, shapeOf } from './tables.ts';

interface Found {
  readonly file: string;
  readonly key: string | null;
  readonly array: LookedAt;
}

/** What a description needs to know of an array. */
interface LookedAt extends NpyHeader {
  /** The values that can be labels, each once; empty for an array of images. */
  readonly labels: ReadonlySet<number>;
  /** None of bytes, which have the scale of bytes. */
  readonly values: PixelValues;
}

const TEST_NAME = /test|t10k/i;
const LABEL_NAME = /lab|target|(^|[^a-z])y([^a-z]|$)/i;

export async function fromArrays(inventory: Inventory, notes: Notes): Promise<Draft | null> {
  const found = await arraysIn(inventory);
  const isImages = ({ array: { shape } }: Found): boolean =>
    shape.length >= 3 || (shape.length === 2 && shape[1] >= 16);
  const isLabels = ({ array }: Found): boolean => canBeLabels(array) && [...array.labels].every(Number.isInteger);
  const pair = (isTest: boolean): { images: Found; labels: Found | null } | null => {
    const part = found.filter(({ file, key }) => TEST_NAME.test(`${file} ${key}`) === isTest);
    const images = part
      .filter(isImages)
      .toSorted((a, b) => Number(/train/i.test(`${b.file} ${b.key}`)) - Number(/train/i.test(`${a.file} ${a.key}`)))[0];
    if (!images) return null;
    const labels = part.filter((one) => isLabels(one) && one.array.shape[0] === images.array.shape[0]);
    return {
      images,
      labels: labels.find(({ file, key }) => LABEL_NAME.test(`${key ?? ''} ${file}`)) ?? labels[0] ?? null,
    };
  };
  const train = pair(false);
  if (!train?.labels) {
    notes.unclear.push(...whyNoLabels(found, isImages));
    return null;
  }
  const test = pair(true);
  const { shape, order } = layoutOf(train.images.array);
  if (!shape) {
    notes.unclear.push(`${train.images.file}: ${train.images.array.shape.join(' × ')} are no images.`);
    return null;
  }
  const values = new Set<string>();
  for (const { labels } of [train, test ?? train]) {
    for (const label of labels?.array.labels ?? []) values.add(String(label));
  }
  const classes = inOrder([...values]);
  const { scale, stray } = scaleOf(train.images.array, test?.images.array);
  if (stray !== null) notes.unclear.push(stray);
  const describe = ({ images, labels }: NonNullable<typeof train>): ArraysDescription => ({
    format: 'arrays',
    images: { file: images.file, key: images.key },
    labels: labels && { file: labels.file, key: labels.key },
    scale,
    order,
  });
  notes.understood.push(
    `${nameOf(train.images)}: ${train.images.array.shape.join(' × ')}, values ${scale.join(' … ')}, ` +
      `${classes.length} classes in ${nameOf(train.labels)}.`,
    ...(test ? [`${nameOf(test.images)}: the test images${test.labels ? ', with labels' : ''}.`] : []),
    ...notUsed(found.filter((one) => isImages(one) && one !== train.images && one !== test?.images).map(nameOf)),
  );
  return { shape, classes, train: describe(train), test: test && describe(test) };
}

const MOST_NAMED = 3;

/** Why arrays of images have no classes: none at all, or several numbers for an image. */
function whyNoLabels(found: readonly Found[], isImages: (one: Found) => boolean): string[] {
  const several = found.find(
    ({ file, key, array }) => array.shape.length <= 2 && LABEL_NAME.test(`${key ?? ''} ${file}`),
  );
  if (several) {
    return [
      `${nameOf(several)} has ${several.array.shape.join(' × ')} numbers${several.array.type.startsWith('f') ? ' with a point' : ''}: ` +
        'expected a whole number for each image, which is its class. If each row has one 1, save numpy.argmax(labels, axis=1); several labels for an image are not meant.',
    ];
  }
  const images = found.filter(isImages).map((one) => `${nameOf(one)}, ${one.array.shape.join(' × ')}`);
  if (images.length === 0) return [];
  const more = images.length > MOST_NAMED ? '; …' : '';
  return [
    `No array tells the classes of the images (${printable(images.slice(0, MOST_NAMED).join('; '), 200)}${more}): expected one of whole numbers, ` +
      'one for each image. Join arrays of one class each with numpy.concatenate, and save the classes beside them as labels.npy.',
  ];
}

const nameOf = ({ file, key }: Pick<Found, 'file' | 'key'>): string => (key === null ? file : `${file} (${key})`);

async function arraysIn({ directory, files }: Inventory): Promise<Found[]> {
  const found: Found[] = [];
  for (const file of files.filter((path) => /\.np[yz]$/i.test(path)).slice(0, 20)) {
    const stored = await arraysOf(await sourceIn(directory, file));
    // The only array of a file needs no key.
    for (const [key, array] of stored) {
      const one = { file, key: stored.size === 1 ? null : key };
      found.push({ ...one, array: await lookAt(array, nameOf(one)) });
    }
  }
  return found;
}

const canBeLabels = ({ shape }: NpyHeader): boolean =>
  shape.slice(1).every((length) => length === 1) && shape.length >= 1;

async function lookAt(array: StoredArray, name: string): Promise<LookedAt> {
  let header: NpyHeader = { shape: [], type: '', count: 0 };
  const pixels = new PixelValues();
  let size = 1;
  const labels = new Set<number>();
  await array.read({
    begin(found) {
      header = found;
      size = found.count / (found.shape[0] || 1);
      return 1;
    },
    take(values, at) {
      const isLabels = canBeLabels(header);
      if (!isLabels && header.type === 'u1') return;
      for (let i = 0; i < values.length; i += 1) {
        if (isLabels) labels.add(values[i]);
        else pixels.add(values[i], () => `image ${Math.floor((at + i) / size) + 1} of ${name}`);
      }
    },
  });
  return { ...header, labels, values: pixels };
}

function layoutOf({ shape: [, ...lengths] }: NpyHeader): { shape: Draft['shape'] | null; order: AxisOrder } {
  if (lengths.length === 1) return { shape: shapeOf(lengths[0])?.shape ?? null, order: 'HWC' };
  const [a, b, c = 1] = lengths;
  if (lengths.length > 3) return { shape: null, order: 'HWC' };
  if (c === 1 || c === 3) return { shape: { height: a, width: b, channels: c }, order: 'HWC' };
  return a === 1 || a === 3
    ? { shape: { height: b, width: c, channels: a }, order: 'CHW' }
    : { shape: null, order: 'HWC' };
}

/** The scale that the values of both arrays suggest, and a sentence on the few that lie outside; null for none. */
function scaleOf(train: LookedAt, test: LookedAt | undefined): { scale: Scale; stray: string | null } {
  if (train.type === 'b1') return { scale: [0, 1], stray: null };
  if (train.type === 'u1') return { scale: [0, 255], stray: null };
  const values = test ? train.values.with(test.values) : train.values;
  return values.suggest(usualScale(values));
}

function usualScale({ low, high }: PixelValues): Scale | null {
  if (low >= 0 && high > 16 && high <= 255) return [0, 255];
  if (low >= 0 && high <= 1) return [0, 1];
  return low >= -1 && high <= 1 ? [-1, 1] : null;
}

/** Pairs of IDX files. */
export async function fromIdx({ directory, files }: Inventory, notes: Notes): Promise<Draft | null> {
  const images = files.filter((path) => /images.idx3.ubyte$/i.test(path));
  const pairs = images.flatMap((file) => {
    const labels = file.replace(/images(.)idx3/i, 'labels$1idx1');
    return files.includes(labels) ? [{ images: file, labels }] : [];
  });
  const train = pairs.find((pair) => !TEST_NAME.test(pair.images));
  if (!train) return null;
  const test = pairs.find((pair) => TEST_NAME.test(pair.images)) ?? null;
  const [height, width] = await headerOf(directory, train.images);
  const values = new Set<number>();
  for (const pair of [train, test]) if (pair) await eachLabel(directory, pair.labels, (label) => values.add(label));
  const classes = inOrder(Array.from(values, String));
  const isTransposed = /emnist/i.test(train.images);
  const describe = (pair: typeof train): SourceDescription => ({
    format: 'idx',
    ...pair,
    order: isTransposed ? 'WHC' : 'HWC',
    firstLabels: [],
  });
  notes.understood.push(
    `${train.images}: images of ${pixelSize({ height, width })}, ${classes.length} classes in ${train.labels}.`,
    ...(test ? [`${test.images}: the test images, with labels.`] : []),
    ...notUsed(images.filter((file) => file !== train.images && file !== test?.images)),
  );
  return { shape: { height, width, channels: 1 }, classes, train: describe(train), test: test && describe(test) };
}

async function headerOf(directory: string, file: string): Promise<[height: number, width: number]> {
  let head = Buffer.alloc(0);
  await readSource(await sourceIn(directory, file), (chunk) => {
    if (head.length < 16) head = Buffer.concat([head, chunk.subarray(0, 16)]);
  });
  return head.length < 16 ? [1, 1] : [head.readUInt32BE(8), head.readUInt32BE(12)];
}

/** @param take gets each label of an IDX file, after its header */
export async function eachLabel(directory: string, file: string, take: (label: number) => void): Promise<void> {
  const source = await findSource(directory, file);
  if (!source) return;
  let at = 0;
  await readSource(source, (chunk) => {
    for (const byte of chunk) {
      if (at >= 8) take(byte);
      at += 1;
    }
  });
}
