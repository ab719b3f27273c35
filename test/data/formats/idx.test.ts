import test from 'ava';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Competition } from '../../../data/competition.ts';
import { idx } from '../../../data/formats/idx.ts';
import { allPixels, maximumRows } from '../../../data/images.ts';
import { loadTest, loadTrain } from '../../../data/load.ts';
import { UserError } from '../../../base/user-error.ts';
import { type Files, idxOf, writeFiles } from '../image-files.ts';
import { temporaryFolder, tiny } from '../tiny.ts';
import { zipOf } from '../zip.ts';

const filesOf = (prefix: string) =>
  idx({ images: `${prefix}-images-idx3-ubyte`, labels: `${prefix}-labels-idx1-ubyte` });
const competition: Competition = {
  ...tiny,
  shape: { height: 2, width: 3, channels: 1 },
  files: { ...tiny.files, train: [filesOf('train')], test: [filesOf('t10k')] },
};
const IMAGES = 'train-images-idx3-ubyte';
const LABELS = 'train-labels-idx1-ubyte';
const pixels = Array.from({ length: 12 }, (_, i) => 20 * i);
const images = idxOf([2, 2, 3], pixels);
const labels = idxOf([2], [2, 0]);

const packings: [what: string, files: Files][] = [
  ['plain', { [IMAGES]: images, [LABELS]: labels }],
  ['as .gz', { [`${IMAGES}.gz`]: gzipSync(images), [`${LABELS}.gz`]: gzipSync(labels) }],
  ['with a dot in their names', { 'train-images.idx3-ubyte': images, 'train-labels.idx1-ubyte': labels }],
  [
    'in a zip, one of them packed',
    { 'a.zip': zipOf({ name: `${IMAGES}.gz`, content: gzipSync(images) }, { name: LABELS, content: labels }) },
  ],
];

for (const [what, files] of packings) {
  test(`IDX files ${what} become labelled images`, async (t) => {
    const dataDir = await temporaryFolder(t);
    await writeFiles(dataDir, files);
    const train = await loadTrain(competition, { dataDir });
    t.deepEqual([...allPixels(train)], pixels);
    t.deepEqual([...train.labels], [2, 0]);
    t.true(allPixels(train).buffer instanceof SharedArrayBuffer);
  });
}

test('test images without labels need no file of labels', async (t) => {
  const dataDir = await temporaryFolder(t);
  await writeFile(join(dataDir, 't10k-images-idx3-ubyte'), images);
  const { labels: none, ids } = await loadTest(competition, { dataDir });
  t.is(none, null);
  t.deepEqual(ids, ['1', '2']);
  const { message } = await t.throwsAsync(loadTest({ ...competition, testIsLabelled: true }, { dataDir }));
  t.regex(
    message,
    /: expected t10k-labels-idx1-ubyte beside t10k-images-idx3-ubyte, found none\. Put the files there /,
  );
});

const mistakes: [what: string, files: Files, message: RegExp][] = [
  [
    'images without labels',
    { [IMAGES]: images },
    /: expected train-labels-idx1-ubyte beside train-images-idx3-ubyte, /,
  ],
  [
    'labels without images',
    { [LABELS]: labels },
    /: expected train-images-idx3-ubyte beside train-labels-idx1-ubyte, /,
  ],
  ['an empty file', { [IMAGES]: Buffer.of() }, /images-idx3-ubyte: expected a header of 16 bytes, got 0\. Download/],
  ['a header that is cut off', { [IMAGES]: images.subarray(0, 15) }, /expected a header of 16 bytes, got 15\. /],
  ['images that are cut off', { [IMAGES]: images.subarray(0, -1) }, /: cut off, expected 28 bytes, got 27\. Download/],
  ['images with more behind them', { [IMAGES]: Buffer.concat([images, labels]) }, /: expected 28 bytes, got more\. /],
  [
    'a .gz that is cut off',
    { [`${IMAGES}.gz`]: gzipSync(images).subarray(0, -5) },
    /ubyte\.gz: the packed data is cut/,
  ],
  [
    'labels in the place of images',
    { [IMAGES]: Buffer.concat([labels, labels]) },
    /: expected images \(magic number 0x00000803\), got labels \(magic number 0x00000801\)\. Put the file there as/,
  ],
  ['a page in the place of images', { [IMAGES]: Buffer.from('<!doctype html><html>') }, /got something else \(magic/],
  [
    'packed data under a plain name',
    { [IMAGES]: gzipSync(images) },
    /got gzip data, whose name should end with \.gz\. Put/,
  ],
  [
    'numbers of another kind',
    { [IMAGES]: idxOf([2, 2, 3], pixels, 0xd03) },
    /got something else \(magic number 0x0000/,
  ],
  [
    'images of another shape',
    { [IMAGES]: idxOf([2, 3, 2], pixels) },
    /: expected images of 2 × 3 bytes \(rows × columns\), got 3 × 2\. /,
  ],
  ['no images', { [IMAGES]: idxOf([0, 2, 3], []) }, /: expected 1 to 2000000 images in one file, got 0\. /],
  ['a count beyond reason', { [IMAGES]: idxOf([2 ** 32 - 1, 2, 3], pixels) }, /images in one file, got 4294967295\. /],
  [
    'a count that is a lie',
    { [IMAGES]: idxOf([maximumRows, 2, 3], pixels) },
    /: cut off, expected 12000016 bytes, got 28/,
  ],
  [
    'another number of labels',
    { [LABELS]: idxOf([1], [2]) },
    /: expected 2 labels, one for each image of .*, got 1\. /,
  ],
  ['a label that is no class', { [LABELS]: idxOf([2], [2, 3]) }, /: expected labels in 0 … 2, got 3 for image 2\. /],
];

for (const [what, files, message] of mistakes) {
  test(`${what} among IDX files: refused with the file and a remedy`, async (t) => {
    const dataDir = await temporaryFolder(t);
    const isPacked = `${IMAGES}.gz` in files;
    const others: Files = what.includes('without') ? {} : { [LABELS]: labels, ...(!isPacked && { [IMAGES]: images }) };
    await writeFiles(dataDir, { ...others, ...files });
    await t.throwsAsync(loadTrain(competition, { dataDir }), { instanceOf: UserError, message });
  });
}

test('a folder in the place of a file is refused', async (t) => {
  const dataDir = await temporaryFolder(t);
  await mkdir(join(dataDir, IMAGES));
  await t.throwsAsync(loadTrain(competition, { dataDir }), {
    instanceOf: UserError,
    message: /expected a file, got a/,
  });
});
