import test from 'ava';
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { checkZip, describeArchives, findSource } from '../../data/archive.ts';
import { hashSource, readSource } from '../../data/source.ts';
import { UserError } from '../../base/user-error.ts';
import { tarOf } from './image-files.ts';
import { sevenZipOf } from './seven-zip.ts';
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
  ['in a tar', 'all.tar', tarOf({ name: './train.csv', content: Buffer.from(text) })],
  ['in a tar.gz', 'all.tgz', gzipSync(tarOf({ name: 'train.csv', content: Buffer.from(text) }))],
  [
    'in a 7z',
    'all.7z',
    sevenZipOf({ name: 'a', content: Buffer.from('a') }, { name: 'train.csv', content: Buffer.from(text) }),
  ],
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
    t.not(await hashSource(source!), before);
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

test('an archive that is changed after its names were read is read anew', async (t) => {
  const folder = await temporaryFolder(t);
  for (const content of ['before', 'and after']) {
    await writeFile(join(folder, 'all.tar'), tarOf({ name: 'train.csv', content: Buffer.from(content) }));
    t.is(await read(folder), content);
  }
});

test('two files of one name in a .tar or .7z, and one that is cut off, are refused', async (t) => {
  const folder = await temporaryFolder(t);
  const entries = ['1', '2'].map((content) => ({ name: 'train.csv', content: Buffer.from(content) }));
  for (const [name, bytes, message] of [
    ['a.tar', tarOf(...entries), /a\.tar: damaged \(two files are called "train\.csv"\)\./],
    ['a.7z', sevenZipOf(...entries), /a\.7z: damaged \(two files are called "train\.csv"\)\./],
    ['a.tgz', gzipSync(tarOf(entries[0])).subarray(0, -20), /a\.tgz: the packed data is cut off\. Download it again\./],
  ] as const) {
    await writeFile(join(folder, name), bytes);
    await t.throwsAsync(findSource(folder, 'train.csv'), { instanceOf: UserError, message });
    await rm(join(folder, name));
  }
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
    /a\.zip: damaged \(invalid relative path: \.\.\/\\u001b\[31mtrain\.csv\)\. Download/,
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
    'a zip entry that is longer than it claims',
    'a.zip',
    zipOf({ name: 'train.csv', content: text, size: 7 }),
    /a\.zip\/train\.csv: damaged \(its size does not fit\)/,
  ],
  [
    'a zip entry that is shorter than it claims',
    'a.zip',
    zipOf({ name: 'train.csv', content: text, size: text.length + 1 }),
    /a\.zip\/train\.csv: damaged \(its size does not fit\)/,
  ],
  [
    'a zip entry that claims gigabytes',
    'a.zip',
    zipOf({ name: 'train.csv', content: text, size: 3e9 }),
    /a\.zip\/train\.csv: damaged \(its size does not fit\)\. /,
  ],
  [
    'a zip with two entries of one name',
    'a.zip',
    zipOf({ name: 'train.csv', content: text }, { name: 'train.csv', content: 'x' }),
    /a\.zip: damaged \(two entries are called "train\.csv"\)\. Download/,
  ],
  [
    'a zip with two entries whose names differ by their slashes',
    'a.zip',
    zipOf({ name: 'train.csv', content: text }, { name: 'a/b', content: '' }, { name: 'a\\b', content: '' }),
    /a\.zip: damaged \(two entries are called "a\/b"\)\. Download/,
  ],
  [
    'a zip whose headers differ in the name',
    'a.zip',
    zipOf({ name: 'train.csv', content: text, localName: 'other.csv' }),
    /a\.zip\/train\.csv: damaged \(two headers of "train\.csv" contradict each other\)\. Download/,
  ],
  [
    'a zip of entries that share their data',
    'a.zip',
    zipOf({ name: 'train.csv', content: text }, { name: 'b', content: text, sameAs: 0 }),
    /a\.zip: damaged \(its entries overlap\)\. Download/,
  ],
  [
    'a zip with an absolute name',
    'a.zip',
    zipOf({ name: '/train.csv', content: text }),
    /a\.zip: damaged \(absolute path: \/train\.csv\)\. Download/,
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
    message: /train\.csv: expected at most 17179869184 bytes, got 1099511627776\. /,
  });
});

test('a .gz that unpacks to more than any competition needs is refused', async (t) => {
  const folder = await temporaryFolder(t);
  const most = 2 ** 26;
  const zeros = gzipSync(Buffer.alloc(most));
  // Members of a .gz follow one another.
  await writeFile(join(folder, 'train.csv.gz'), Buffer.concat([zeros, zeros]));
  let bytes = 0;
  const count = (chunk: Uint8Array): void => {
    bytes += chunk.length;
  };
  const reading = readSource((await findSource(folder, 'train.csv'))!, count, { most });
  const message = /train\.csv\.gz: expected at most 67108864 bytes unpacked, got more\. /;
  await t.throwsAsync(reading, { instanceOf: UserError, message });
  t.true(bytes <= most, `${bytes}`);
});

const besideFolders: [what: string, file: string, bytes: Buffer][] = [
  ['in that folder', 'train.csv/train.csv', Buffer.from(text)],
  ['as .gz beside it', 'train.csv.gz', gzipSync(text)],
  ['as .gz in a folder of that name', 'train.csv.gz/train.csv.gz', gzipSync(text)],
  ['in a zip beside it', 'train.csv.zip', zipOf({ name: 'train.csv', content: text })],
  ['in a zip in a folder of that name', 'a.zip/a.zip', zipOf({ name: 'train.csv', content: text })],
  ['in such a folder in a zip', 'a.zip', zipOf({ name: 'train.csv/train.csv', content: text })],
];

for (const [what, file, bytes] of besideFolders) {
  test(`a folder called as the file does not hide it ${what}`, async (t) => {
    const folder = await temporaryFolder(t);
    await mkdir(join(folder, 'train.csv'));
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), bytes);
    t.is(await read(folder), text);
  });
}

test('a folder does not hide a file of another spelling', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'train-idx3'));
  await writeFile(join(folder, 'train.idx3.gz'), gzipSync(text));
  t.regex((await findSource(folder, 'train-idx3', 'train.idx3'))!.name, /train\.idx3\.gz$/);
});

const hasFifos = process.platform === 'linux' || process.platform === 'darwin';
for (const name of ['train.csv', 'train.csv.gz', 'a.zip', 'train.csv/train.csv']) {
  (hasFifos ? test : test.skip)(`a FIFO as ${name} is refused at once`, async (t) => {
    const folder = await temporaryFolder(t);
    await mkdir(dirname(join(folder, name)), { recursive: true });
    execFileSync('mkfifo', [join(folder, name)]);
    await t.throwsAsync(read(folder), { instanceOf: UserError, message: /: expected a file, got a F|got a folder/ });
  });
  (hasFifos ? test : test.skip)(`a device as ${name} is refused at once`, async (t) => {
    const folder = await temporaryFolder(t);
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await symlink('/dev/zero', join(folder, name));
    await t.throwsAsync(read(folder), { instanceOf: UserError, message: /: expected a file, got a (device|folder)/ });
  });
}

(hasFifos ? test : test.skip)('a FIFO that is called as a zip does not hide a whole one', async (t) => {
  const folder = await temporaryFolder(t);
  execFileSync('mkfifo', [join(folder, 'a.zip')]);
  await writeFile(join(folder, 'b.zip'), zipOf({ name: 'train.csv', content: text }));
  t.is(await read(folder), text);
});

(hasFifos ? test : test.skip)('a FIFO that takes the place of a found file is refused at once', async (t) => {
  const folder = await temporaryFolder(t);
  for (const [file, bytes] of [
    ['train.csv', Buffer.from(text)],
    ['a.zip', zipOf({ name: 'train.csv', content: text })],
  ] as const) {
    const path = join(folder, file);
    await writeFile(path, bytes);
    const source = (await findSource(folder, 'train.csv'))!;
    await rm(path);
    execFileSync('mkfifo', [path]);
    const message = /: expected a file, got a FIFO\. /;
    await t.throwsAsync(hashSource(source), { instanceOf: UserError, message });
    await t.throwsAsync(
      readSource(source, () => {}),
      { instanceOf: UserError, message },
    );
    await rm(path);
  }
});

test('the files of a zip in which nothing fits are listed, and the first of many', async (t) => {
  const folder = await temporaryFolder(t);
  t.deepEqual(await describeArchives(folder), []);
  const files = Array.from({ length: 7 }, (_, i) => ({ name: `x/\u001B${i}.csv`, content: '' }));
  await writeFile(join(folder, 'a.zip'), zipOf(...files, { name: 'x/', content: '' }));
  await writeFile(join(folder, 'b.zip'), zipOf({ name: 'x/', content: '' }));
  await writeFile(join(folder, 'c.zip'), 'junk');
  t.deepEqual(await describeArchives(folder), [
    `a.zip, which holds ${[0, 1, 2, 3, 4].map((i) => `x/\\u001b${i}.csv`).join(', ')}, 2 more`,
    'b.zip, which holds nothing',
    'c.zip, which is damaged',
  ]);
});

test('a folder in place of a file is refused', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'train.csv'));
  await t.throwsAsync(findSource(folder, 'train.csv'), {
    instanceOf: UserError,
    message: /train\.csv: expected a file, got a folder/,
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
    t.true(Buffer.from(bytes).equals(await readFile(join(folder, file))));
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
