import test from 'ava';
import { readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import type { Competition } from '../../../data/competition.ts';
import { png } from '../../../data/formats/png.ts';
import type { LabelTable } from '../../../data/label-table.ts';
import { loadTest, loadTrain } from '../../../data/load.ts';
import { UserError } from '../../../base/user-error.ts';
import { assertImages, csvOf, type Files, pngFiles, pngOf, someImages, tarOf, writeFiles } from '../image-files.ts';
import { sevenZipOf } from '../seven-zip.ts';
import { temporaryFolder, tiny } from '../tiny.ts';
import { zipOf } from '../zip.ts';
import { allPixels, type LabelledImages } from '../../../data/images.ts';

const shape = { height: 1, width: 2, channels: 3 };
const columns: LabelTable = { id: 'id', label: 'label', firstId: 1, labels: 'name' };
const TABLE = 'trainLabels.csv';
const competition: Competition = {
  ...tiny,
  shape,
  submission: columns,
  files: { ...tiny.files, train: [png('train', { file: TABLE, columns })], test: [png('test', null)] },
};

const images = someImages(11, shape, 3);
const classes = images.map(({ label }, i) => [i + 1, tiny.classes[label]]);
const table = { [TABLE]: csvOf(['id', 'label'], classes.toReversed()) };
const files = pngFiles('train', shape, images);
const entries = Object.entries(files).map(([name, content]) => ({ name, content }));
const without = (...names: string[]): Files =>
  Object.fromEntries(Object.entries(files).filter(([name]) => !names.includes(name)));

const sevenZip = sevenZipOf(...entries);
const packings: [what: string, files: Files][] = [
  ['in a folder', { ...files, 'train/._1.png': Buffer.of(1), 'train/Thumbs.db': Buffer.of(2) }],
  ['in a .zip', { 'any.zip': zipOf(...entries, { name: 'train/.DS_Store', content: 'x' }) }],
  ['in a .7z', { 'train.7z': sevenZip }],
  [
    'in a folder in a folder of that name',
    Object.fromEntries(Object.entries(files).map(([k, v]) => [`train/${k}`, v])),
  ],
  ['in a .7z in a folder of its name', { 'train.7z/train.7z': sevenZip }],
  ['in a stored .zip', { 'any.zip': zipOf(...entries.map((entry) => ({ ...entry, deflate: false }))) }],
  ['in a .7z in a .zip', { 'cifar-10.zip': zipOf({ name: 'train.7z', content: sevenZip }) }],
  [
    'beside names that lead elsewhere, which are only names',
    { 'train.7z': sevenZipOf({ name: '../train/1.png', content: Buffer.of(1) }, ...entries) },
  ],
];

for (const [what, packed] of packings) {
  test(`PNG files ${what} become images in the order of their numbers`, async (t) => {
    const dataDir = await temporaryFolder(t);
    await writeFiles(dataDir, { ...packed, ...table });
    const train = await loadTrain(competition, { dataDir });
    assertImages(t, train, images);
    t.deepEqual(
      (await readdir(dataDir)).toSorted(),
      [...new Set(Object.keys({ ...packed, ...table }).map((path) => path.split('/')[0]))].toSorted(),
    );
  });
}

/** Bytes between those that are changed, one at a time: each costs a load of the library. */
const STEP = 31;

test('an archive that 7-Zip has written and compressed is read', async (t) => {
  const dataDir = await temporaryFolder(t);
  const fixture = await readFile(join(import.meta.dirname, '../../fixtures/images.7z'));
  await writeFiles(dataDir, { 'train.7z': fixture, [TABLE]: csvOf(['id', 'label'], classes.slice(0, 3)) });
  const pixels = allPixels(await loadTrain(competition, { dataDir }));
  t.deepEqual([...pixels.subarray(0, 6)], [10, 11, 12, 14, 15, 16]);
  t.deepEqual([...pixels.subarray(12)], [30, 31, 32, 34, 35, 36]);

  for (let at = 0; at < fixture.length; at += STEP) {
    const damaged = Buffer.from(fixture);
    damaged[at] ^= 0x55;
    for (const wrong of [damaged, fixture.subarray(0, at)]) {
      await writeFile(join(dataDir, 'train.7z'), wrong);
      // Dates and the like may change without harm.
      const read = await loadTrain(competition, { dataDir }).catch((error: unknown) => error);
      if (read instanceof Error) t.true(read instanceof UserError, `${at}: ${read.message}`);
      else t.deepEqual([...allPixels(read as LabelledImages)], [...pixels], `byte ${at}`);
    }
  }
});

test('grey images are read as one channel', async (t) => {
  const dataDir = await temporaryFolder(t);
  const grey = { height: 2, width: 1, channels: 1 };
  await writeFiles(dataDir, pngFiles('test', grey, [{ label: 0, pixels: [7, 200] }]));
  const { images: found, labels, ids } = await loadTest({ ...competition, shape: grey }, { dataDir });
  t.deepEqual([...allPixels(found)], [7, 200]);
  t.deepEqual([ids, labels], [['1'], null]);
});

const [first] = images;
const transparent = PNG.sync.write(new PNG({ width: 2, height: 1 }), { colorType: 6 });
const deep = PNG.sync.write(new PNG({ width: 2, height: 1 }), { colorType: 2, bitDepth: 16 });
const huge = Buffer.from(files['train/1.png']);
huge.writeUInt32BE(2 ** 30, 16);
const flipped = Buffer.from(files['train/1.png']);
flipped[45] ^= 1;
const one = (content: Buffer): Files => ({ ...files, 'train/1.png': content });
const rows = (...ids: (number | string)[][]): Files => ({ ...files, [TABLE]: csvOf(['id', 'label'], ids) });

/** A PNG of these bytes, before they are packed, or of these packed ones. */
function rawPng(width: number, height: number, data: { rows: Buffer } | { packed: Buffer }, interlace = 0): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, interlace], 8);
  const packed = 'rows' in data ? deflateSync(data.rows) : data.packed;
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', packed), chunk('IEND', Buffer.of())]);
}

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

function chunk(kind: string, content: Buffer): Buffer {
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  const body = Buffer.concat([Buffer.from(kind), content]);
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}

const row = Buffer.of(0, ...images[0].pixels);
const endingInSevens = (bytes: Buffer): Buffer => Buffer.from(bytes).fill(7, bytes.length - 4);
const packedRow = deflateSync(row);
/** The same .7z with the sum of a tar's header in its first file. */
function tarToo(archive: Buffer): Buffer {
  const file = Buffer.from(archive);
  const block = file.subarray(0, 512).fill(' ', 148, 156);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return file;
}
const afterHeader = 8 + 25;
const withChunk = (content: Buffer): Buffer => {
  const whole = rawPng(2, 1, { rows: row });
  return Buffer.concat([whole.subarray(0, afterHeader), content, whole.subarray(afterHeader)]);
};

test('an interlaced image is read, and refused where a pass ends early', async (t) => {
  const dataDir = await temporaryFolder(t);
  const square = { height: 3, width: 3, channels: 3 };
  // Passes 1, 2, 4, 5, 6 (two rows) and 7 of Adam7; the third has no pixel in so small an image.
  const passRows = [[0], [2], [20, 22], [1], [21], [10, 11, 12]];
  const data = Buffer.concat(
    passRows.map((pixels) => Buffer.of(0, ...pixels.flatMap((value) => [value, value, value]))),
  );
  const task = { ...competition, shape: square };
  await writeFiles(dataDir, { 'test/1.png': rawPng(3, 3, { rows: data }, 1) });
  const { images: found } = await loadTest(task, { dataDir });
  t.deepEqual(
    [...allPixels(found)].filter((_, i) => i % 3 === 0),
    [0, 1, 2, 10, 11, 12, 20, 21, 22],
  );
  await writeFiles(dataDir, { 'test/1.png': rawPng(3, 3, { rows: data.subarray(0, -1) }, 1) });
  await t.throwsAsync(loadTest(task, { dataDir }), {
    instanceOf: UserError,
    message: /1\.png: damaged \(32 bytes of the 33 that an image of its size has\)\. /,
  });
});

const mistakes: [what: string, files: Files, message: RegExp][] = [
  ['no images', { 'notes.txt': Buffer.of() }, /: expected train\.7z beside .*trainLabels\.csv, found none\. /],
  ['an empty file', one(Buffer.of()), /train\/1\.png: expected a PNG, got something else\. Download/],
  ['a page', one(Buffer.from('<!doctype html><html><body>Not found')), /1\.png: expected a PNG, got something else\. /],
  [
    'an image of another size',
    one(pngOf({ ...shape, height: 2 }, [...first.pixels, ...first.pixels])),
    /expected 2 × 1 pixels of 8 bits, red, green and blue, got 2 × 2 /,
  ],
  ['an image that claims to be huge', one(huge), /got 1073741824 × 1 pixels of 8 bits/],
  [
    'a grey image',
    one(pngOf({ ...shape, channels: 1 }, [1, 2])),
    /red, green and blue, got 2 × 1 pixels of 8 bits, grey\. /,
  ],
  ['an image with alpha', one(transparent), /got 2 × 1 pixels of 8 bits, red, green, blue and alpha\. Put/],
  ['an image of 16 bits', one(deep), /got 2 × 1 pixels of 16 bits, /],
  ['an image with a flipped byte', one(flipped), /train\/1\.png: damaged \(.+\)\. Download it again\.$/],
  [
    'an image whose data end early, with all checksums right',
    one(rawPng(2, 1, { rows: row.subarray(0, -1) })),
    /train\/1\.png: damaged \(6 bytes of the 7 that an image of its size has\)\. Download/,
  ],
  ['an image without data', one(rawPng(2, 1, { packed: Buffer.of() })), /1\.png: damaged \(unexpected end of file\)/],
  [
    'an image whose packed data are cut off',
    one(rawPng(2, 1, { packed: packedRow.subarray(0, -4) })),
    /1\.png: damaged \(unexpected end of file\)/,
  ],
  [
    'an image whose packed data have another checksum',
    one(rawPng(2, 1, { packed: endingInSevens(packedRow) })),
    /1\.png: damaged \(incorrect data check\)/,
  ],
  [
    'an image with too many rows',
    one(rawPng(2, 1, { rows: Buffer.concat([row, row]) })),
    /1\.png: damaged \(more bytes than the 7 that an image of its size has\)/,
  ],
  [
    'an image with something after its packed data',
    one(rawPng(2, 1, { packed: Buffer.concat([packedRow, Buffer.of(1)]) })),
    /1\.png: damaged \(something after the image in its data\)/,
  ],
  [
    'an image with an unknown filter',
    one(rawPng(2, 1, { rows: Buffer.from(row).fill(5, 0, 1) })),
    /\(an unknown filter\)/,
  ],
  [
    'an image with an unknown way of interlacing',
    one(rawPng(2, 1, { rows: row }, 2)),
    /\(an unknown method in its head/,
  ],
  ['an image with a transparent colour', one(withChunk(chunk('tRNS', Buffer.alloc(6)))), /\(a transparent colour\)/],
  [
    'an image with a wrong checksum',
    one(withChunk(endingInSevens(chunk('tEXt', Buffer.of(1))))),
    /\(the checksum of a part/,
  ],
  ['an image with a part that runs over the end', one(withChunk(Buffer.of(0x7f, 0, 0, 0))), /damaged \(cut off\)/],
  [
    'an image with something after its end',
    one(Buffer.concat([rawPng(2, 1, { rows: row }), row])),
    /\(something after/,
  ],
  ['an image that is cut off', one(files['train/1.png'].subarray(0, 50)), /train\/1\.png: damaged \(.+\)\. Download/],
  ['a file that is far too long', one(Buffer.alloc(70_000)), /train\/1\.png: expected a file of at most 65536 bytes, /],
  ['a missing number', without('train/5.png'), /: expected files 1\.png to 10\.png, got no 5\.png, but 11\.png\. Add/],
  ['a name that is no number', { ...files, 'train/cat.png': files['train/1.png'] }, /got "cat\.png"\. /],
  [
    'a number with a nought before it',
    { ...without('train/5.png'), 'train/05.png': files['train/5.png'] },
    /got "05\./,
  ],
  [
    'a file that is far too long in a .7z',
    { 'train.7z': sevenZipOf(...entries.slice(1), { name: 'train/1.png', content: Buffer.alloc(70_000) }) },
    /7z\/train\/1\.png: expected a file of at most 65536 bytes, /,
  ],
  [
    'a name that a terminal would act on',
    { 'train.7z': sevenZipOf({ ...entries[0], name: 'train/\u001B[31m.png' }) },
    /got "\\u001b\[31m\.png"\. Remove it\./,
  ],
  [
    'the same number twice',
    { 'train.7z': sevenZipOf(...entries, entries[2]) },
    /expected each file once, got 3\.png twice/,
  ],
  [
    'the same number twice in a .zip',
    { 'a.zip': zipOf(...entries, entries[2]) },
    /a\.zip: damaged \(two entries are called "train\/3\.png"\)/,
  ],
  [
    'a .7z twice in a .zip',
    { 'a.zip': zipOf(...[1, 2].map(() => ({ name: 'train.7z', content: sevenZip }))) },
    /a\.zip: damaged \(two entries are called "train\.7z"\)/,
  ],
  [
    'an image that is longer than its .zip claims',
    { 'a.zip': zipOf({ ...entries[0], size: 10 }, ...entries.slice(1)) },
    /a\.zip\/train\/1\.png: damaged \(its size does not fit\)/,
  ],
  [
    'a .tar that is called .7z',
    { 'train.7z': tarOf(...entries) },
    /train\.7z: damaged \(it is no \.7z, or cut off\)\. Download/,
  ],
  ['a .zip that is called .7z', { 'train.7z': zipOf(...entries) }, /train\.7z: damaged \(it is no \.7z, or cut off\)/],
  [
    'a .7z that is a .tar as well',
    { 'train.7z': tarToo(sevenZip) },
    /train\.7z: damaged \(it is no \.7z, or cut off\)/,
  ],

  ['a class too few', rows(...classes.slice(1)), /expected a class for each of the 11 images, got none for 1\.png\. /],
  ['a class too many', rows(...classes, [12, 'a']), /expected ids of the 11 images, 1 … 11, got 12, of which there is/],
  [
    'a class that is unknown',
    rows(...classes.slice(1), [1, 'd']),
    /csv:12: expected `label` to be one of a, b, c, got "d"/,
  ],
  ['an id that comes twice', rows(...classes, [1, 'a']), /csv:13: expected every id once, got 1 as on line 2\. /],
  [
    'a .7z with another checksum',
    { 'train.7z': sevenZipOf(...entries.slice(1), { ...entries[0], checksum: 7 }) },
    /7z: damaged \(/,
  ],
  [
    'a .7z that is cut off',
    { 'train.7z': sevenZip.subarray(0, -20) },
    /train\.7z: damaged \(.+\)\. Download it again, /,
  ],
  [
    'a .7z that is none',
    { 'train.7z': Buffer.from('<html>'.repeat(99)) },
    /train\.7z: damaged \(.+\)\. Download it again/,
  ],
  ['an empty .7z', { 'train.7z': Buffer.of() }, /train\.7z: damaged \(it is no \.7z, or cut off\)\. /],
  [
    'a .7z without images',
    { 'train.7z': sevenZipOf({ name: 'x', content: Buffer.of(1) }) },
    /expected 1 to 2000000 files/,
  ],
  [
    'a .7z of 161 bytes that asks for 2 GiB of memory',
    { 'train.7z': readFileSync(join(import.meta.dirname, '../../fixtures/large-dictionary.7z')) },
    /train\.7z: damaged \(lzma library error: cannot allocate memory\)\. Download it again, or unpack it by hand\./,
  ],
  ['a .zip with a flipped byte', { 'a.zip': Buffer.from(zipOf(...entries)).fill(1, 60, 70) }, /a\.zip.*: damaged \(/],
  ['a .zip that is cut off', { 'a.zip': zipOf(...entries).subarray(0, 700) }, /a\.zip: damaged \(/],
];

for (const [what, wrong, message] of mistakes) {
  test(`${what} among PNG files: refused with the file and a remedy`, async (t) => {
    const dataDir = await temporaryFolder(t);
    await writeFiles(dataDir, { ...table, ...wrong });
    await t.throwsAsync(loadTrain(competition, { dataDir }), { instanceOf: UserError, message });
  });
}

test('images without their table, and a folder in the place of an image, are named', async (t) => {
  const dataDir = await temporaryFolder(t);
  await writeFiles(dataDir, without('train/1.png'));
  const { message } = await t.throwsAsync(loadTrain(competition, { dataDir }), { instanceOf: UserError });
  t.regex(message, /: expected trainLabels\.csv beside .*train, found none\. /);
  await writeFiles(dataDir, table);
  await mkdir(join(dataDir, 'train/1.png'));
  await t.throwsAsync(loadTrain(competition, { dataDir }), {
    instanceOf: UserError,
    message: /train\/1\.png: expected a file, got a folder\. /,
  });
});
