import test, { type ExecutionContext } from 'ava';
import { renameSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../../base/user-error.ts';
import { createClient } from '../../../submissions/kaggle/client.ts';
import { readCredentials } from '../../../submissions/kaggle/credentials.ts';
import { type Downloaded, downloadCompetition } from '../../../submissions/kaggle/download.ts';
import { temporaryFolder } from '../../data/tiny.ts';
import { zipOf } from '../../data/zip.ts';
import { type FakeKaggle, fakeKaggle, type FakeOptions, TOKEN } from './server.ts';

const content = 'label,pixel0\n'.repeat(20_000);
const zip = zipOf({ name: 'train.csv', content, deflate: false }, { name: 'test.csv', content: 'pixel0\n1\n' });
const ZIP = 'digit-recognizer.zip';
const PART = `${ZIP}.part`;

interface Setting {
  readonly directory: string;
  readonly server: FakeKaggle;
  readonly told: [done: number, total: number | null][];
  readonly download: (force?: boolean) => Promise<Downloaded>;
}

async function setting(
  t: ExecutionContext,
  options: FakeOptions,
  onDone: (done: number) => void = () => {},
): Promise<Setting> {
  const directory = join(await temporaryFolder(t), 'new', 'digit-recognizer');
  const server = await fakeKaggle(t, { hangs: true, ...options });
  const credentials = await readCredentials({ KAGGLE_API_TOKEN: TOKEN });
  const client = createClient(`${server.endpoint}/api/v1`, credentials);
  const told: Setting['told'] = [];
  return {
    directory,
    server,
    told,
    download: (force) =>
      downloadCompetition(client, 'digit-recognizer', directory, {
        force,
        onBytes(done, total) {
          told.push([done, total]);
          server.arrived(done);
          onDone(done);
        },
      }),
  };
}

const rangesOf = ({ asked }: FakeKaggle): (string | undefined)[] =>
  asked.filter(({ host }) => host === 'storage').map(({ range }) => range);

test('the zip arrives whole, checked, and alone in its folder', async (t) => {
  const { directory, download, told } = await setting(t, { zip });
  const { file, bytes, entries } = await download();
  t.deepEqual({ bytes, entries }, { bytes: zip.length, entries: ['train.csv', 'test.csv'] });
  t.deepEqual(await readFile(file), zip);
  t.deepEqual(await readdir(directory), [ZIP]);
  t.deepEqual(told[0], [0, zip.length]);
  t.deepEqual(told.at(-1), [zip.length, zip.length]);
});

test('a transfer that breaks off is taken up where it stopped', async (t) => {
  const { download, server } = await setting(t, { zip, breaks: [1000, 70_000] });
  t.deepEqual(await readFile((await download()).file), zip);
  t.deepEqual(rangesOf(server), [undefined, 'bytes=1000-', 'bytes=71000-']);
});

test('one that breaks off too often keeps its part for the next download', async (t) => {
  const { directory, download, server } = await setting(t, {
    zip,
    breaks: [10, 10, 10, 10, 10, 10, 500, 0, 0, 0, 0, 0],
  });
  await t.throwsAsync(() => download(), {
    instanceOf: UserError,
    message: new RegExp(`part: broke off after 60 of ${zip.length} bytes\\. Start again to go on\\.$`),
  });
  t.is((await readFile(join(directory, PART))).length, 60);
  await t.throwsAsync(() => download(), { instanceOf: UserError, message: /broke off after 560 of / });
  t.deepEqual(await readFile((await download()).file), zip);
  t.is(rangesOf(server).at(-1), 'bytes=560-');
});

test('a part that is whole already is not asked for again', async (t) => {
  const { directory, download } = await setting(t, { zip });
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, PART), zip);
  t.deepEqual(await readFile((await download()).file), zip);
  t.deepEqual(await readdir(directory), [ZIP]);
});

test('a part longer than the file, or of another file, is given up for a new one', async (t) => {
  for (const part of [Buffer.alloc(zip.length + 1), Buffer.alloc(500, 7)]) {
    const { directory, download } = await setting(t, { zip });
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, PART), part);
    t.deepEqual(await readFile((await download()).file), zip);
    t.deepEqual(await readdir(directory), [ZIP]);
  }
});

test('a server that knows no ranges is asked once more, from the beginning', async (t) => {
  const { download, server } = await setting(t, { zip, breaks: [1000], ignoresRanges: true });
  t.deepEqual(await readFile((await download()).file), zip);
  t.deepEqual(rangesOf(server), [undefined, 'bytes=1000-']);
});

test('a damaged zip is refused and removed', async (t) => {
  const damaged = zipOf({ name: 'train.csv', content, checksum: 1 });
  for (const [bytes, message] of [
    [damaged, /part\/train\.csv: damaged \(its checksum does not fit\)/],
    [zip.subarray(0, -5), /part: damaged/],
    [Buffer.from('no zip'), /part: damaged/],
    [zipOf(), /part: expected a zip with files, got one without any\. Look at the data of the competition on its page/],
  ] as const) {
    const { directory, download } = await setting(t, { zip: bytes });
    await t.throwsAsync(() => download(), { instanceOf: UserError, message });
    t.deepEqual(await readdir(directory), []);
  }
});

test('a part that another download has taken away is missed in a sentence', async (t) => {
  const { download, directory } = await setting(t, { zip }, (done) => {
    if (done === zip.length) renameSync(join(directory, PART), join(directory, ZIP));
  });
  await t.throwsAsync(() => download(), {
    instanceOf: UserError,
    message:
      /zip\.part: expected what was downloaded, found no file: another download into this folder has taken it away\./,
  });
  t.deepEqual(await readFile(join(directory, ZIP)), zip);
});

test('a zip that is there stays unless it is to be replaced', async (t) => {
  const { directory, download, server } = await setting(t, { zip });
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, ZIP), 'mine');
  await t.throwsAsync(() => download(), {
    instanceOf: UserError,
    message: /zip: expected no such file, found one.*--force/,
  });
  t.deepEqual(server.asked, []);
  t.deepEqual(await readFile((await download(true)).file), zip);
});

test('a folder that cannot be made is named', async (t) => {
  const { directory, download } = await setting(t, { zip });
  await writeFile(join(directory, '..', '..', 'new'), '');
  await t.throwsAsync(() => download(), { instanceOf: UserError, message: /zip: cannot be written \(E/ });
});
