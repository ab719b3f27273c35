import test, { type ExecutionContext } from 'ava';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { downloadFiles, type PublicFile } from '../../data/download.ts';
import { UserError } from '../../base/user-error.ts';
import { type FileOptions, fileSender, listen } from '../helpers/http.ts';
import { temporaryFolder } from './tiny.ts';

const contents: Readonly<Record<string, Buffer>> = {
  'images.gz': Buffer.from('image '.repeat(30_000)),
  'labels.gz': Buffer.from('label '.repeat(100)),
};
const files: PublicFile[] = Object.entries(contents).map(([name, content]) => ({
  name,
  bytes: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
}));
const [images] = files;

interface MirrorOptions extends FileOptions {
  /** What it gives instead of the right files. */
  readonly gives?: Readonly<Record<string, Buffer>>;
  readonly status?: number;
}

interface Mirror {
  readonly address: string;
  /** What it was asked for: `images.gz`, `images.gz bytes=10-`. */
  readonly asked: string[];
  readonly arrived: (done: number) => void;
}

async function mirror(t: ExecutionContext, options: MirrorOptions = {}): Promise<Mirror> {
  const { gives = contents, status } = options;
  const sender = fileSender({ hangs: true, ...options });
  const asked: string[] = [];
  const address = await listen(t, async (request, response) => {
    const name = basename(request.url ?? '');
    asked.push([name, request.headers.range].filter((word) => word !== undefined).join(' '));
    if (status !== undefined) return void response.writeHead(status).end();
    sender.send(request, response, gives[name] ?? Buffer.of());
  });
  return { address: `${address}/of/`, asked, arrived: sender.arrived };
}

const folder = async (t: ExecutionContext): Promise<string> => join(await temporaryFolder(t), 'new', 'digits');

/** @returns names of the files that were downloaded */
async function download(mirrors: readonly Mirror[], directory: string, signal?: AbortSignal): Promise<string[]> {
  const downloaded = await downloadFiles({ mirrors: mirrors.map(({ address }) => address), files }, directory, {
    signal,
    onBytes: (_file, done) => mirrors.forEach(({ arrived }) => arrived(done)),
  });
  return downloaded.map(({ name }) => name);
}

async function assertWhole(t: ExecutionContext, directory: string): Promise<void> {
  t.deepEqual(await readdir(directory), Object.keys(contents));
  for (const [name, content] of Object.entries(contents)) t.deepEqual(await readFile(join(directory, name)), content);
}

test('all files arrive, checked, from the first mirror', async (t) => {
  const [first, second, directory] = [await mirror(t), await mirror(t), await folder(t)];
  t.deepEqual(await download([first, second], directory), ['images.gz', 'labels.gz']);
  await assertWhole(t, directory);
  t.deepEqual([first.asked, second.asked], [['images.gz', 'labels.gz'], []]);
});

test('files that are there, packed or not, are not asked for', async (t) => {
  const [first, directory] = [await mirror(t), await folder(t)];
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'images'), 'mine');
  await writeFile(join(directory, 'labels.gz'), 'mine');
  t.deepEqual(await download([first], directory), []);
  t.deepEqual(first.asked, []);
});

test('a transfer that breaks off is taken up where it stopped', async (t) => {
  const [first, directory] = [await mirror(t, { breaks: [1000] }), await folder(t)];
  await download([first], directory);
  await assertWhole(t, directory);
  t.deepEqual(first.asked, ['images.gz', 'images.gz bytes=1000-', 'labels.gz']);
});

test('the next mirror goes on where one fails for good', async (t) => {
  const breaking = await mirror(t, { breaks: [100, 0, 0, 0, 0, 0] });
  const [absent, whole, directory] = [await mirror(t, { status: 404 }), await mirror(t), await folder(t)];
  await download([absent, breaking, whole], directory);
  await assertWhole(t, directory);
  t.deepEqual(whole.asked, ['images.gz bytes=100-']);
});

test('a mirror that goes silent is left for the next one', async (t) => {
  const silent = await mirror(t, { breaks: Array.from({ length: 6 }, () => 10) });
  const [whole, directory] = [await mirror(t), await folder(t)];
  const mirrors = [silent.address, whole.address];
  // So short that the test is quick; a mirror that is slower than this only makes it go on with the other one.
  await downloadFiles({ mirrors, files: [images] }, directory, { silenceMs: 100 });
  t.deepEqual(await readFile(join(directory, images.name)), contents[images.name]);
});

test('another file is not kept: a page of a network that wants a login, a damaged one, a longer one', async (t) => {
  const { length } = contents[images.name];
  for (const [gives, message] of [
    [
      Buffer.from('<html>Log in</html>'),
      /127\.0\.0\.1:\d+: has another file, of 19 bytes instead of 180000\. Check the/,
    ],
    [Buffer.alloc(length), /127\.0\.0\.1:\d+: has another file, whose checksum does not fit\. Check the connection/],
    [Buffer.alloc(length + 1), /: has another file, of 180001 bytes instead of 180000\./],
  ] as const) {
    const [wrong, whole, directory] = [
      await mirror(t, { gives: { [images.name]: gives } }),
      await mirror(t),
      await folder(t),
    ];
    await t.throwsAsync(() => download([wrong], directory), { instanceOf: UserError, message });
    t.deepEqual(await readdir(directory), []);
    await download([wrong, whole], directory).catch(() => {});
    t.deepEqual(await readFile(join(directory, images.name)), contents[images.name]);
  }
});

test('a part of another file is given up', async (t) => {
  for (const part of [Buffer.alloc(500, 7), Buffer.alloc(images.bytes, 7), Buffer.alloc(images.bytes + 1, 7)]) {
    const [first, directory] = [await mirror(t), await folder(t)];
    await mkdir(directory, { recursive: true });
    await writeFile(join(directory, `${images.name}.part`), part);
    await download([first], directory);
    await assertWhole(t, directory);
  }
});

test('two downloads at once do not spoil the file', async (t) => {
  const [first, second, directory] = [await mirror(t, { breaks: [70_000] }), await mirror(t), await folder(t)];
  await Promise.all([download([first], directory), download([second], directory)]);
  await assertWhole(t, directory);
});

test('without a network every mirror is named, and what to do', async (t) => {
  const directory = await folder(t);
  // Nobody listens on ports 1 and 2.
  const mirrors = ['http://127.0.0.1:1/', 'http://127.0.0.1:2/'];
  await t.throwsAsync(() => downloadFiles({ mirrors, files }, directory), {
    instanceOf: UserError,
    message:
      /images\.gz: expected it from a public mirror, got it from none\. 127\.0\.0\.1:1: cannot be reached.*127\.0\.0\.1:2: cannot be reached.*Check the connection and start again to go on, or put the file there by hand\.$/,
  });
});

test('who stops a download finds its part when it goes on', async (t) => {
  const [first, directory] = [await mirror(t, { breaks: [1000] }), await folder(t)];
  const stop = new AbortController();
  const options = {
    signal: stop.signal,
    onBytes: (_file: PublicFile, done: number) => void (done >= 1000 && stop.abort()),
  };
  await t.throwsAsync(() => downloadFiles({ mirrors: [first.address], files }, directory, options), {
    name: 'AbortError',
  });
  t.is((await readFile(join(directory, `${images.name}.part`))).length, 1000);
  await download([first], directory);
  await assertWhole(t, directory);
});

test('a folder that cannot be made is named', async (t) => {
  const directory = await folder(t);
  await writeFile(join(directory, '..', '..', 'new'), '');
  const mirrors = ['http://127.0.0.1:1/'];
  await t.throwsAsync(() => downloadFiles({ mirrors, files }, directory), {
    instanceOf: UserError,
    message: /images\.gz: cannot be (written|read) \(E/,
  });
});

const isUnix = process.platform === 'linux' || process.platform === 'darwin';
(isUnix ? test : test.skip)('a FIFO or a device in the place of the part of a file is not written to', async (t) => {
  const directory = await temporaryFolder(t);
  const part = join(directory, 'images.gz.part');
  execFileSync('mkfifo', [part]);
  const good = await mirror(t);
  await t.throwsAsync(download([good], directory), { instanceOf: UserError, message: /images\.gz/ });
  await rm(part);
  await symlink('/dev/zero', part);
  const message = /images\.gz\.part: expected a file, got a device or socket\. /;
  await t.throwsAsync(download([good], directory), { instanceOf: UserError, message });
});
