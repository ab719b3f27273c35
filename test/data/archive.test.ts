import test from 'ava';
import { mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { checkZip, findSource, hashSource, readSource } from '../../data/archive.ts';
import { UserError } from '../../base/user-error.ts';
import { temporaryFolder } from './tiny.ts';
import { zipOf } from './zip.ts';

// Long enough for several chunks, and without repetition, so that cutting and flipping hits data.
const text = Array.from({ length: 100_000 }, (_, index) => (index * 2_654_435_761) % 4_294_967_296).join('\n');

async function read(folder: string): Promise<string> {
  const chunks: Buffer[] = [];
  const source = await findSource(folder, 'train.csv');
  await readSource(source!, (chunk) => chunks.push(Buffer.from(chunk)));
  return Buffer.concat(chunks).toString();
}

const packings: [what: string, file: string, bytes: Buffer][] = [
  ['plain', 'train.csv', Buffer.from(text)],
  ['as .gz', 'train.csv.gz', gzipSync(text)],
  ['deflated in a zip', 'kaggle.zip', zipOf({ name: 'test.csv', content: 'x' }, { name: 'train.csv', content: text })],
  ['stored in a zip', 'kaggle.ZIP', zipOf({ name: 'train.csv', content: text, deflate: false })],
  ['as .gz in a zip', 'kaggle.zip', zipOf({ name: 'train.csv.gz', content: gzipSync(text), deflate: false })],
];

for (const [what, file, bytes] of packings) {
  test(`a file ${what} is read as it was written`, async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, file), bytes);
    t.is(await read(folder), text);
  });

  test(`the hash of a file ${what} is the same before and during reading, and another after an edit`, async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, file), bytes);
    const source = await findSource(folder, 'train.csv');
    const before = await hashSource(source!);
    t.is(await readSource(source!, () => {}), before);

    const edited = Buffer.from(bytes);
    edited[Math.floor(edited.length / 2)] ^= 1;
    await writeFile(join(folder, file), edited);
    t.not(await hashSource((await findSource(folder, 'train.csv'))!), before);
  });
}

test('the plain file goes before .gz, and .gz before a zip', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'a.zip'), zipOf({ name: 'train.csv', content: 'zip' }));
  t.is(await read(folder), 'zip');
  await writeFile(join(folder, 'train.csv.gz'), gzipSync('gzip'));
  t.is(await read(folder), 'gzip');
  await writeFile(join(folder, 'train.csv'), 'plain');
  t.is(await read(folder), 'plain');
});

test('nothing is found in an empty folder, in none, and in a zip without the file', async (t) => {
  const folder = await temporaryFolder(t);
  t.is(await findSource(folder, 'train.csv'), null);
  t.is(await findSource(join(folder, 'none'), 'train.csv'), null);
  await writeFile(join(folder, 'a.zip'), zipOf({ name: 'folder/train.csv', content: text }));
  t.is(await findSource(folder, 'train.csv'), null);
});

test('a damaged zip does not hide a whole one', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'a.zip'), 'junk');
  await writeFile(join(folder, 'b.zip'), zipOf({ name: 'train.csv', content: text }));
  t.is(await read(folder), text);
});

const whole = zipOf({ name: 'train.csv', content: text });
const flipped = (bytes: Buffer): Buffer =>
  Buffer.from(bytes.map((byte, index) => (index === 5000 ? byte ^ 0xff : byte)));
const mistakes: [what: string, file: string, bytes: string | Buffer, message: RegExp][] = [
  [
    'a .gz that is cut off',
    'train.csv.gz',
    gzipSync(text).subarray(0, 20_000),
    /train\.csv\.gz: the packed data is cut off\. Download/,
  ],
  [
    'a .gz that is cut off in its checksum',
    'train.csv.gz',
    gzipSync(text).subarray(0, -3),
    /train\.csv\.gz: the packed data is cut off\. /,
  ],
  ['a .gz that is none', 'train.csv.gz', text, /train\.csv\.gz: expected gzip data, got something else\. Download/],
  ['a .gz with a flipped byte', 'train.csv.gz', flipped(gzipSync(text)), /train\.csv\.gz: damaged \(.+\)\. Download/],
  ['a zip that is none', 'a.zip', 'junk', /a\.zip: damaged \(.+\)\. Download/],
  [
    'a zip with a name that leads elsewhere',
    'a.zip',
    zipOf({ name: '../\u001B[31mtrain.csv', content: text }),
    /a\.zip: damaged \(invalid relative path: \.\.\/\?\[31mtrain\.csv\)\. Download/,
  ],
  ['an empty zip', 'a.zip', '', /a\.zip: damaged \(.+\)\. Download/],
  ['a zip that is cut off', 'a.zip', whole.subarray(0, 9000), /a\.zip: damaged \(.+\)\. Download/],
  ['a zip with a flipped byte', 'a.zip', flipped(whole), /a\.zip\/train\.csv: damaged \(.+\)\. Download/],
  [
    'a zip entry with another checksum',
    'a.zip',
    zipOf({ name: 'train.csv', content: text, checksum: 7 }),
    /a\.zip\/train\.csv: damaged \(its checksum does not fit\)/,
  ],
  [
    'an encrypted zip',
    'a.zip',
    zipOf({ name: 'train.csv', content: text, encrypted: true }),
    /a\.zip\/train\.csv: expected an entry without password\. /,
  ],
  [
    'a zip with an unknown compression',
    'a.zip',
    zipOf({ name: 'train.csv', content: text, method: 93 }),
    /a\.zip\/train\.csv: expected a stored or deflated entry, got compression method 93\. /,
  ],
];

for (const [what, file, bytes, message] of mistakes) {
  test(`${what} is refused with its name and a remedy`, async (t) => {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, file), bytes);
    await t.throwsAsync(read(folder), { instanceOf: UserError, message });
  });
}

test('a file too long for any competition is refused before it is read', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'train.csv'), '');
  await truncate(join(folder, 'train.csv'), 2 ** 40);
  await t.throwsAsync(findSource(folder, 'train.csv'), {
    instanceOf: UserError,
    message: /train\.csv: expected at most 1073741824 bytes, got 1099511627776\. /,
  });
});

test('a folder in place of a file is refused', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'train.csv'));
  await t.throwsAsync(findSource(folder, 'train.csv'), {
    instanceOf: UserError,
    message: /train\.csv: expected a file, got a folder/,
  });
});

test('a folder in place of a zip is refused', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'a.zip'));
  await t.throwsAsync(findSource(folder, 'train.csv'), {
    instanceOf: UserError,
    message: /a\.zip: cannot be read \(EISDIR\)/,
  });
});

test('an error of the consumer ends the reading and comes out as it is', async (t) => {
  const folder = await temporaryFolder(t);
  for (const [, file, bytes] of packings) {
    await writeFile(join(folder, file), bytes);
    const source = await findSource(folder, 'train.csv');
    const mistake = new UserError('enough');
    let calls = 0;
    const reading = readSource(source!, () => {
      calls++;
      throw mistake;
    });
    t.is(await t.throwsAsync(reading), mistake);
    t.is(calls, 1);
    t.deepEqual(await readFile(join(folder, file)), bytes);
  }
});

test('a zip is checked from its first file to its last, and its files are named', async (t) => {
  const file = join(await temporaryFolder(t), 'all.zip.part');
  const good = { name: 'a.csv', content: 'a' };
  await writeFile(file, zipOf(good, { name: 'folder/', content: '' }, { name: 'folder/b.csv', content: 'bb' }));
  t.deepEqual(await checkZip(file), ['a.csv', 'folder/b.csv']);
  for (const [zip, message] of [
    [zipOf(good, { name: 'b.csv', content: 'b', checksum: 1 }), /part\/b\.csv: damaged \(its checksum does not fit\)/],
    [zipOf(good, { name: 'b.csv', content: 'b', encrypted: true }), /part\/b\.csv: expected an entry without password/],
    [zipOf(good).subarray(0, -1), /part: damaged/],
  ] as const) {
    await writeFile(file, zip);
    await t.throwsAsync(() => checkZip(file), { instanceOf: UserError, message });
  }
});
