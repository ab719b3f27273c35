import test, { type ExecutionContext } from 'ava';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../../base/user-error.ts';
import type { ArraysDescription } from '../../../data/description.ts';
import { arrays } from '../../../data/formats/arrays.ts';
import { idx } from '../../../data/formats/idx.ts';
import { allPixels, type LabelledImages } from '../../../data/images.ts';
import { type LoadOptions, loadTrain } from '../../../data/load.ts';
import { NpyReader, readNpy } from '../../../data/npy.ts';
import { wholeItems } from '../../../data/whole-items.ts';
import { idxOf, writeFiles } from '../image-files.ts';
import { npy } from '../published.ts';
import { temporaryFolder, tiny } from '../tiny.ts';
import { zipOf } from '../zip.ts';

const shape = { height: 2, width: 3, channels: 2 };
const SIZE = 12;
const COUNT = 5;
/** Height, width, channel. */
const pixels = Array.from({ length: COUNT * SIZE }, (_, i) => (37 * i) % 256);
const labels = [0, 1, 1, 0, 1];
const planes = Array.from({ length: COUNT * SIZE }, (_, i) => {
  const [image, channel, place] = [Math.floor(i / SIZE), Math.floor((i % SIZE) / 6), i % 6];
  return pixels[image * SIZE + place * 2 + channel];
});

const described: ArraysDescription = {
  format: 'arrays',
  images: { file: 'x.npy', key: null },
  labels: { file: 'y.npy', key: null },
  scale: [0, 255],
  order: 'HWC',
};

async function load(
  t: ExecutionContext,
  files: Record<string, Buffer>,
  description: ArraysDescription,
  options: LoadOptions = {},
): Promise<LabelledImages> {
  const dataDir = await temporaryFolder(t);
  await writeFiles(dataDir, files);
  const train = [arrays(description, 'index')];
  const competition = { ...tiny, shape, classes: ['a', 'b'], files: { ...tiny.files, train } };
  return loadTrain(competition, { dataDir, cacheDir: join(dataDir, 'cache'), ...options });
}

const images = npy([COUNT, 2, 3, 2], pixels);
const known = npy([COUNT], labels);
const npz = zipOf({ name: 'images.npy', content: images }, { name: 'labels.npy', content: known });
const inNpz = {
  images: { file: 'all.npz', key: 'images' },
  labels: { file: 'all.npz', key: 'labels' },
};
const forms: [what: string, files: Record<string, Buffer>, more: Partial<ArraysDescription>][] = [
  ['bytes', { 'x.npy': images, 'y.npy': known }, {}],
  ['bytes in .gz', { 'x.npy.gz': gzipSync(images), 'y.npy': known }, {}],
  [
    'float32 from 0 to 1',
    {
      'x.npy': npy(
        [COUNT, 2, 3, 2],
        pixels.map((one) => one / 255),
        '<f4',
      ),
      'y.npy': known,
    },
    { scale: [0, 1] },
  ],
  ['planes of bytes', { 'x.npy': npy([COUNT, 2, 2, 3], planes), 'y.npy': known }, { order: 'CHW' }],
  ['a .npz', { 'all.npz': npz }, inNpz],
  ['a .npz in a zip', { 'a.zip': zipOf({ name: 'all.npz', content: npz }) }, inNpz],
];

for (const [what, files, more] of forms) {
  test(`${what} become images, in memory and in a file where they are too many`, async (t) => {
    const found = await load(t, files, { ...described, ...more });
    t.deepEqual([...allPixels(found)], pixels);
    t.deepEqual([...found.labels], labels);
    t.true(found.pixels instanceof Uint8Array);
    const many = await load(t, files, { ...described, ...more }, { mostInMemory: 1 });
    t.false(many.pixels instanceof Uint8Array);
    t.deepEqual([...allPixels(many)], pixels);
    t.deepEqual([...many.labels], labels);
  });
}

test('wrong values and labels are named with their image, and nothing is left behind', async (t) => {
  const cases: [Record<string, Buffer>, Partial<ArraysDescription>, RegExp][] = [
    [
      { 'x.npy': images, 'y.npy': known },
      { scale: [0, 100] },
      /x\.npy: expected values from 0 to 100, got 111 in image 1\./,
    ],
    [
      { 'x.npy': images, 'y.npy': npy([COUNT], [0, 1, 2, 0, 1]) },
      {},
      /y\.npy: expected labels to be .*, got 2 for image 3\./,
    ],
    [
      { 'x.npy': images, 'y.npy': npy([4], [0, 1, 1, 0]) },
      {},
      /y\.npy: expected 5 labels, one for each image, got an array of 4\./,
    ],
    [
      { 'x.npy': images.subarray(0, -1), 'y.npy': known },
      {},
      /x\.npy: expected \d+ bytes for the shape \(5, 2, 3, 2\), got \d+\./,
    ],
    [{ 'x.npy': Buffer.concat([images, images]), 'y.npy': known }, {}, /x\.npy: expected \d+ bytes for the shape/],
    [{ 'x.npy': images.subarray(0, 11), 'y.npy': known }, {}, /x\.npy: expected numbers, got the header/],
    [{ 'x.npy': Buffer.from('<html>'), 'y.npy': known }, {}, /x\.npy: expected an array of NumPy, got a web page/],
    [
      { 'all.npz': npz },
      { ...inNpz, images: { file: 'all.npz', key: 'x' } },
      /all\.npz: expected an array `x`, got images, labels\./,
    ],
  ];
  for (const [files, more, message] of cases) {
    const cacheDir = await temporaryFolder(t);
    const loading = load(t, files, { ...described, ...more }, { mostInMemory: 1, cacheDir });
    await t.throwsAsync(loading, { instanceOf: UserError, message });
    t.deepEqual(await readdir(cacheDir), []);
  }
});

test('an array that comes in pieces has the values of the whole one', (t) => {
  const files = [
    images,
    npy([3, 2], [1, 2, 3, 4, 5, 6], '<i4'),
    npy([2, 2], [1.5, -2, 3, 4], '>f8'),
    Buffer.from(npy([2, 3], [1, 4, 2, 5, 3, 6]).toString('latin1').replace('False', ' True'), 'latin1'),
  ];
  for (const file of files) {
    const whole = readNpy('x', file);
    for (const size of [1, 7, 64, file.length]) {
      const values: number[] = [];
      const reader = new NpyReader('x', {
        begin(header) {
          t.deepEqual([header.shape, header.type], [whole.shape, whole.type]);
          return 2;
        },
        take(some, at) {
          t.is(at, values.length);
          values.push(...Array.from(some));
        },
      });
      for (let at = 0; at < file.length; at += size) reader.push(file.subarray(at, at + size));
      reader.end();
      t.deepEqual(values, Array.from(whole.values));
    }
  }
});

test('whole items come in order, whatever the pieces', (t) => {
  const bytes = Uint8Array.from({ length: 24 }, (_, i) => i);
  for (const piece of [1, 2, 5, 6, 7, 24]) {
    const found: number[] = [];
    const take = wholeItems(6, (items, at) => {
      t.deepEqual([items.length % 6, at], [0, found.length]);
      found.push(...items);
    });
    for (let at = 0; at < bytes.length; at += piece) take(bytes.subarray(at, at + piece));
    t.deepEqual(found, [...bytes]);
  }
});

test('IDX files that are too many for the memory go into a file, transposed ones too', async (t) => {
  const dataDir = await temporaryFolder(t);
  await writeFile(join(dataDir, 'i'), idxOf([2, 2, 3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
  await writeFile(join(dataDir, 'l'), idxOf([2], [1, 0]));
  for (const [order, expected] of [
    ['HWC', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]],
    ['WHC', [1, 3, 5, 2, 4, 6, 7, 9, 11, 8, 10, 12]],
  ] as const) {
    const train = [idx({ images: 'i', labels: 'l', order })];
    const competition = { ...tiny, shape: { height: 2, width: 3, channels: 1 }, files: { ...tiny.files, train } };
    for (const mostInMemory of [1, Infinity]) {
      const found = await loadTrain(competition, { dataDir, cacheDir: join(dataDir, 'cache'), mostInMemory });
      t.is(found.pixels instanceof Uint8Array, mostInMemory !== 1);
      t.deepEqual([...allPixels(found)], expected);
      t.deepEqual([...found.labels], [1, 0]);
    }
  }
});
