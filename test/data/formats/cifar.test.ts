import test from 'ava';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Competition } from '../../../data/competition.ts';
import { cifar } from '../../../data/formats/cifar.ts';
import { loadTrain } from '../../../data/load.ts';
import { UserError } from '../../../base/user-error.ts';
import { assertImages, type Files, someImages, recordsOf, tarOf, writeFiles } from '../image-files.ts';
import { temporaryFolder, tiny } from '../tiny.ts';
import { zipOf } from '../zip.ts';

const shape = { height: 2, width: 1, channels: 3 };
const competition: Competition = {
  ...tiny,
  shape,
  files: {
    ...tiny.files,
    train: [
      cifar({
        archive: 'cifar-10-binary.tar',
        folder: 'cifar-10-batches-bin',
        files: ['a.bin', 'b.bin'],
        labelBytes: 1,
      }),
    ],
  },
};
const ARCHIVE = 'cifar-10-binary.tar.gz';
const FOLDER = 'cifar-10-batches-bin';

const images = someImages(5, shape, 3);
const a = { name: `${FOLDER}/a.bin`, content: recordsOf(images.slice(0, 2), 3) };
const b = { name: `${FOLDER}/b.bin`, content: recordsOf(images.slice(2), 3) };
const other = { name: `${FOLDER}/readme.html`, content: Buffer.from('see the page') };
const hostile = { name: '../../b.bin', content: Buffer.from('elsewhere') };
const packed = (...entries: (typeof a)[]): Buffer => gzipSync(tarOf(...entries));

test('bytes of one colour after the other become pixels', (t) => {
  t.deepEqual([...recordsOf([{ label: 2, pixels: [1, 2, 3, 4, 5, 6] }], 3)], [2, 1, 4, 2, 5, 3, 6]);
});

const packings: [what: string, files: Files][] = [
  ['as offered', { [ARCHIVE]: packed(a, other, b) }],
  ['in another order', { [ARCHIVE]: packed(b, a) }],
  ['unpacked to a .tar', { 'cifar-10-binary.tar': tarOf(a, b) }],
  ['followed by megabytes of nothing', { [ARCHIVE]: gzipSync(Buffer.concat([tarOf(a, b), Buffer.alloc(1 << 26)])) }],
  ['in a zip', { 'a.zip': zipOf({ name: ARCHIVE, content: packed(a, b) }) }],
  ['unpacked to a folder', { [a.name]: a.content, [`${b.name}.gz`]: gzipSync(b.content) }],
  ['with names that lead elsewhere, which are only names', { [ARCHIVE]: packed(hostile, a, b) }],
];

for (const [what, files] of packings) {
  test(`batches ${what} become images in the order of the batches`, async (t) => {
    const dataDir = await temporaryFolder(t);
    await writeFiles(dataDir, files);
    const train = await loadTrain(competition, { dataDir });
    assertImages(t, train, images);
  });
}

const tar = tarOf(a, b);
const damaged = Buffer.from(tar);
damaged[3] ^= 1;
const flipped = packed(a, b);
flipped[flipped.length - 6] ^= 1;
const wrongLabel = Buffer.from(b.content);
wrongLabel[7] = 3;
const mistakes: [what: string, files: Files, message: RegExp][] = [
  [
    'nothing',
    {},
    /: expected cifar-10-binary\.tar\.gz or the folder cifar-10-batches-bin that is in it, found none\. /,
  ],
  [
    'one batch of the folder',
    { [a.name]: a.content },
    /: expected cifar-10-batches-bin\/b\.bin beside cifar-10-batches-bin\/a\.bin, found none\. /,
  ],
  [
    'an archive without a batch',
    { [ARCHIVE]: packed(a, other) },
    /tar\.gz: expected cifar-10-batches-bin\/b\.bin in it, /,
  ],
  ['a batch that comes twice', { [ARCHIVE]: packed(a, b, a) }, /a\.bin: expected this file once, found it twice\. /],
  [
    'a batch with half an image',
    { [ARCHIVE]: packed(a, { ...b, content: b.content.subarray(1) }) },
    /tar\.gz\/cifar-10-batches-bin\/b\.bin: expected 1 to 99998 images of 7 bytes with their labels, got 20 bytes\. /,
  ],
  [
    'an empty batch',
    { [a.name]: Buffer.of(), [b.name]: b.content },
    /a\.bin: expected 1 to 100000 images .* got 0 bytes/,
  ],
  [
    'a size beyond reason',
    { [ARCHIVE]: gzipSync(tarOf(a, { ...b, size: 7 * 2 ** 29 })) },
    /b\.bin: expected 1 to 99998 images of 7 bytes with their labels, got 3758096384 bytes\. /,
  ],
  [
    'a label that is no class',
    { [ARCHIVE]: packed(a, { ...b, content: wrongLabel }) },
    /in 0 … 2, got 3 for image 2\. /,
  ],
  ['an archive that is cut off', { [ARCHIVE]: packed(a, b).subarray(0, -9) }, /tar\.gz: the packed data is cut off\. /],
  ['a .tar that is cut off', { 'cifar-10-binary.tar': tar.subarray(0, 1541) }, /tar: damaged \(TAR_BAD_ARCHIVE: Trunc/],
  ['a damaged header', { [ARCHIVE]: gzipSync(damaged) }, /tar\.gz: damaged \(TAR_ENTRY_INVALID: checksum failure\)\. /],
  ['a damaged .gz', { [ARCHIVE]: flipped }, /tar\.gz: damaged \(incorrect data check\)\. /],
  ['an archive that is packed twice', { [ARCHIVE]: gzipSync(packed(a, b)) }, /tar\.gz: damaged \(TAR_/],
  [
    'more images than any CIFAR-10 has',
    { [a.name]: Buffer.alloc(7 * 60_000), [`${b.name}.gz`]: gzipSync(Buffer.alloc(7 * 40_001)) },
    /b\.bin\.gz: expected 1 to 40000 images of 7 bytes with their labels, got 280007 bytes\. /,
  ],
  ['an archive of nothing', { [ARCHIVE]: gzipSync(Buffer.alloc(1 << 26)) }, /tar\.gz: damaged \(TAR_BAD_ARCHIVE: /],
  ['something else', { [ARCHIVE]: gzipSync('<html>'.repeat(200)) }, /tar\.gz: damaged \(.*\)\. Download it again\.$/],
];

for (const [what, files, message] of mistakes) {
  test(`${what} in the place of the batches: refused with the file and a remedy`, async (t) => {
    const dataDir = await temporaryFolder(t);
    await writeFiles(dataDir, files);
    await t.throwsAsync(loadTrain(competition, { dataDir }), { instanceOf: UserError, message });
  });
}

test('a folder in the place of the archive is refused', async (t) => {
  const dataDir = await temporaryFolder(t);
  await mkdir(join(dataDir, ARCHIVE));
  await t.throwsAsync(loadTrain(competition, { dataDir }), {
    instanceOf: UserError,
    message: /expected a file, got a/,
  });
});
