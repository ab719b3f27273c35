/** Images that are alike: duplicates and nearest images. */
import test from 'ava';
import { augmentations } from '../../data/augment.ts';
import { findDuplicates, LEAST_SIMILARITY } from '../../data/duplicates.ts';
import { allPixels, type Images, type LabelledImages } from '../../data/images.ts';
import { augmentedRows, lookAtClasses } from '../../data/look.ts';
import { nearestImages } from '../../data/nearest.ts';
import { random } from '../../numerics/random.ts';
import { digits } from '../pipeline/digits.ts';

const grey = { height: 12, width: 11, channels: 1 };

/** Images of these pixels. */
function imagesOf(rows: readonly (readonly number[] | Uint8Array)[], shape: Images['shape'] = grey): Images {
  const size = shape.height * shape.width * shape.channels;
  const pixels = new Uint8Array(new SharedArrayBuffer(rows.length * size));
  for (const [i, row] of rows.entries()) pixels.set(row, i * size);
  return { shape, count: rows.length, pixels };
}

function noise(count: number, size: number, seed: number): Uint8Array[] {
  const stream = random(seed, 'noise');
  return Array.from({ length: count }, () => Uint8Array.from({ length: size }, () => stream.integer(256)));
}

/** Correlation as it is defined. */
function correlationOf(a: Uint8Array, b: Uint8Array): number {
  const mean = (values: Uint8Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanA, meanB] = [mean(a), mean(b)];
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    ab += (a[i] - meanA) * (b[i] - meanB);
    aa += (a[i] - meanA) ** 2;
    bb += (b[i] - meanB) ** 2;
  }
  return ab / Math.sqrt(aa * bb);
}

for (const [name, shape] of [
  ['grey', grey],
  ['colour', { height: 9, width: 8, channels: 3 }],
  ['small', { height: 3, width: 5, channels: 1 }],
] as const) {
  test(`${name} images: identical, darker and noisy copies are found, within training and to test images`, async (t) => {
    const size = shape.height * shape.width * shape.channels;
    const stream = random(3, 'copies');
    const [a, b, c, d, e, f] = noise(6, size, 1);
    const darker = (image: Uint8Array): Uint8Array => image.map((value) => Math.round(value / 2));
    const noisy = image5(stream);
    const found = await findDuplicates(
      imagesOf([a, b, a, c, darker(b), d], shape),
      imagesOf([c, e, noisy(d), f, e], shape),
    );
    t.deepEqual(
      found.exact.map((group) => group.map(({ of, row }) => `${of} ${row}`)),
      [
        ['train 0', 'train 2'],
        ['train 3', 'test 0'],
      ],
    );
    t.deepEqual(
      found.near.map(({ first, second }) => `${first.of} ${first.row}, ${second.of} ${second.row}`).toSorted(),
      ['train 1, train 4', 'train 5, test 2'],
    );
    t.true(found.isComplete && found.near.every(({ similarity }) => similarity >= LEAST_SIMILARITY));
  });
}

/** Changes each pixel by at most 5. */
const image5 = (stream: ReturnType<typeof random>) => (image: Uint8Array) =>
  image.map((value) => Math.min(255, Math.max(0, value + stream.integer(11) - 5)));

test('what is found among digits are pairs of that correlation, as comparing all with all tells', async (t) => {
  const images = digits(300, 4);
  const size = images.shape.height * images.shape.width;
  const rows = Array.from({ length: images.count }, (_, i) => allPixels(images).subarray(i * size, (i + 1) * size));
  const stream = random(9, 'changes');
  // Each tenth has a copy with little noise, some of which are just beyond the bound.
  const copies = rows.filter((_, i) => i % 5 === 0).map((row) => row.map((v) => Math.max(0, v - stream.integer(40))));
  const all = [...rows, ...copies];
  const found = await findDuplicates(imagesOf(all, images.shape), null);
  const pairs = new Set(found.near.map(({ first, second }) => `${first.row} ${second.row}`));
  let [expected, missed, wrong] = [0, 0, 0];
  for (let i = 0; i < all.length; i += 1) {
    for (let j = i + 1; j < all.length; j += 1) {
      const isNear = correlationOf(all[i], all[j]) >= LEAST_SIMILARITY;
      if (isNear) expected += 1;
      // Pairs may be left out whose small pictures differ, never others taken in.
      if (isNear && !pairs.has(`${i} ${j}`)) missed += 1;
      if (!isNear && pairs.has(`${i} ${j}`)) wrong += 1;
    }
  }
  t.true(expected >= 40, `${expected}`);
  t.deepEqual([missed, wrong], [0, 0]);
});

test('a search of duplicates tells how far it is, and a signal ends it', async (t) => {
  const many = imagesOf(noise(3000, 132, 5));
  const shares: number[] = [];
  const stop = new AbortController();
  await t.throwsAsync(
    findDuplicates(many, null, {
      signal: stop.signal,
      onShare(share) {
        shares.push(share);
        // As Ctrl-C does, which is heard in a pause.
        setImmediate(() => stop.abort(new Error('stopped')));
      },
    }),
    { message: 'stopped' },
  );
  t.true(shares.length > 0 && shares.length < 3 && shares[0] > 0 && shares[0] < 1, shares.join(' '));
});

test('blank images are near to none, and identical ones are a group', async (t) => {
  const blank = (value: number): number[] => Array.from({ length: 132 }, () => value);
  const found = await findDuplicates(imagesOf([blank(0), blank(9), blank(0)]), imagesOf([blank(255)]));
  t.deepEqual([found.exact.length, found.near.length, found.isComplete], [1, 0, true]);
});

test('the nearest images are those that comparing all with all finds, in its order, and never the image itself', async (t) => {
  const images = digits(60);
  const pixels = images.pixels as Uint8Array;
  const size = images.shape.height * images.shape.width;
  const apart = (a: number, b: number): number => {
    let sum = 0;
    for (let i = 0; i < size; i += 1) sum += (pixels[a * size + i] - pixels[b * size + i]) ** 2;
    return Math.sqrt(sum / size) / 255;
  };
  // The same image twice: the earlier one comes first.
  pixels.copyWithin(9 * size, 4 * size, 5 * size);
  const rows = [4, 17, 59];
  const found = await nearestImages(images, rows, 7);
  for (const [i, row] of rows.entries()) {
    const all = Array.from({ length: images.count }, (_, other) => ({ row: other, distance: apart(row, other) }));
    const expected = all.filter((one) => one.row !== row).toSorted((a, b) => a.distance - b.distance);
    t.deepEqual(found[i], expected.slice(0, 7));
  }
  t.deepEqual(found[0][0], { row: 9, distance: 0 });
  t.is((await nearestImages(images, [0], 100))[0].length, 59);
});

/** Six images of two pixels, of classes 0 and 2. */
function tiny(): LabelledImages {
  const pixels = new Uint8Array(new SharedArrayBuffer(12));
  pixels.set([0, 10, 4, 20, 0, 0, 5, 31, 9, 9, 6, 1]);
  const labels = new Uint16Array(new SharedArrayBuffer(12));
  labels.set([0, 0, 2, 0, 2, 0]);
  return { shape: { height: 1, width: 2, channels: 1 }, count: 6, pixels, labels };
}

test('classes have their counts, samples spread over the file, and the mean of their images', async (t) => {
  t.deepEqual(await lookAtClasses(tiny(), ['a', 'b', 'c'], 2), [
    { name: 'a', count: 4, samples: [0, 3], mean: Uint8Array.of(4, 16) },
    { name: 'b', count: 0, samples: [], mean: null },
    { name: 'c', count: 2, samples: [2, 4], mean: Uint8Array.of(5, 5) },
  ]);
});

test('an augmentation that does nothing leaves images as they are, and the same one always does the same', (t) => {
  const images = tiny();
  t.deepEqual(augmentedRows(images, [1, 3], augmentations.none), [Uint8Array.of(4, 20), Uint8Array.of(5, 31)]);
  const moved = { ...augmentations.none, shift: 1 };
  t.deepEqual(augmentedRows(images, [0, 1, 3], moved), augmentedRows(images, [0, 1, 3], moved));
  t.notDeepEqual(augmentedRows(images, [0, 1, 3], moved), augmentedRows(images, [0, 1, 3], augmentations.none));
});
