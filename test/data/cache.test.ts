import test, { type ExecutionContext } from 'ava';
import { execFileSync } from 'node:child_process';
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Competition } from '../../data/competition.ts';
import { csv, pixelColumns } from '../../data/formats/csv.ts';
import { allPixels, type LabelledImages } from '../../data/images.ts';
import { loadTrain } from '../../data/load.ts';
import { temporaryFolder, tiny } from './tiny.ts';

// 1 MiB of pixels, the least that is cached.
const shape = { height: 32, width: 32, channels: 1 };
const rows = 1024;
const columns = { label: 'label', pixels: pixelColumns(shape, { first: 0 }) };
const large: Competition = { ...tiny, shape, files: { ...tiny.files, train: [csv('train.csv', columns)] } };
const textWith = (pixel: number): string =>
  `label,${columns.pixels.join()}\n${`1${`,${pixel}`.repeat(shape.height * shape.width)}\n`.repeat(rows)}`;

async function prepared(t: Parameters<typeof temporaryFolder>[0]) {
  const options = { dataDir: await temporaryFolder(t), cacheDir: join(await temporaryFolder(t), 'cache') };
  const file = join(options.dataDir, 'train.csv');
  await writeFile(file, textWith(7));
  const load = () => loadTrain(large, options);
  const cached = async () => (await readdir(options.cacheDir)).map((name) => join(options.cacheDir, name));
  return { ...options, file, load, cached };
}

/** As `t.deepEqual`, which takes a second for so many bytes. */
function assertSame(t: ExecutionContext, actual: LabelledImages, expected: LabelledImages): void {
  const { pixels, ...rest } = actual;
  const { pixels: expectedPixels, ...expectedRest } = expected;
  t.deepEqual(rest, expectedRest);
  t.is(pixels.constructor, expectedPixels.constructor);
  t.true(Buffer.from(allPixels(actual)).equals(allPixels(expected)));
}

test('a file that was read before comes from the cache, byte for byte', async (t) => {
  const { load, cached } = await prepared(t);
  const first = await load();
  const [kept] = await cached();
  const before = await stat(kept);
  const second = await load();
  assertSame(t, second, first);
  t.true(allPixels(second).buffer instanceof SharedArrayBuffer);
  t.is((await stat(kept)).ino, before.ino, 'the kept file was not written again');
});

test('an edited file of the same size and date is read anew', async (t) => {
  const { load, file, cached } = await prepared(t);
  t.is(allPixels(await load())[0], 7);
  const { atime, mtime, size } = await stat(file);
  await writeFile(file, textWith(8));
  await utimes(file, atime, mtime);
  t.is((await stat(file)).size, size);
  t.is(allPixels(await load())[0], 8);
  t.is((await cached()).length, 2);
});

test('the same file is checked anew for a competition with fewer classes', async (t) => {
  const { load, dataDir, cacheDir } = await prepared(t);
  await load();
  await t.throwsAsync(loadTrain({ ...large, classes: ['a'] }, { dataDir, cacheDir }), { message: /train\.csv:2: / });
});

for (const place of [0, 4, 8, 2000, 500_000, -1]) {
  test(`a cache file with a flipped byte at ${place} is read again and fixed`, async (t) => {
    const { load, cached } = await prepared(t);
    const first = await load();
    const [kept] = await cached();
    const whole = await readFile(kept);
    const damaged = Buffer.from(whole);
    damaged[place < 0 ? whole.length + place : place] ^= 64;
    await writeFile(kept, damaged);
    assertSame(t, await load(), first);
    t.true(whole.equals(await readFile(kept)));
  });
}

for (const bytes of [0, 3, 8, 1_000_000]) {
  test(`a cache file that is cut off after ${bytes} bytes is read again and fixed`, async (t) => {
    const { load, cached } = await prepared(t);
    const first = await load();
    const [kept] = await cached();
    const whole = await readFile(kept);
    await writeFile(kept, whole.subarray(0, bytes));
    assertSame(t, await load(), first);
    t.true(whole.equals(await readFile(kept)));
  });
}

const hasFifos = process.platform === 'linux' || process.platform === 'darwin';
(hasFifos ? test : test.skip)('a FIFO in the place of a cache file is neither waited for nor kept', async (t) => {
  const { load, cached } = await prepared(t);
  const first = await load();
  const [kept] = await cached();
  const whole = await readFile(kept);
  await rm(kept);
  execFileSync('mkfifo', [kept]);
  assertSame(t, await load(), first);
  t.true(whole.equals(await readFile(kept)));
});

test('a folder in the place of a cache file is done without', async (t) => {
  const { load, cached } = await prepared(t);
  const first = await load();
  const [kept] = await cached();
  await rm(kept);
  await mkdir(join(kept, 'mine'), { recursive: true });
  assertSame(t, await load(), first);
  t.deepEqual(await readdir(kept), ['mine']);
  t.deepEqual(await cached(), [kept], 'nothing is left behind');
});

test('a cache file under the name of another is not taken for it', async (t) => {
  const { load, file, cached } = await prepared(t);
  await load();
  const [ofSeven] = await cached();
  await copyFile(ofSeven, `${ofSeven}.copy`);
  await writeFile(file, textWith(8));
  await load();
  const ofEight = (await cached()).find((path) => path.endsWith('.images') && path !== ofSeven)!;
  await rename(`${ofSeven}.copy`, ofEight);
  t.is(allPixels(await load())[0], 8);
});

test('several that load at once get the same images and leave one file', async (t) => {
  const { load, cached } = await prepared(t);
  const [first, ...others] = await Promise.all([load(), load(), load(), load()]);
  for (const other of others) assertSame(t, other, first);
  t.is((await cached()).length, 1);
});

test('a cache folder that cannot be written is done without', async (t) => {
  const { dataDir, file } = await prepared(t);
  const images = await loadTrain(large, { dataDir, cacheDir: join(file, 'cache') });
  t.is(images.count, rows);
});

test('a small file is not cached', async (t) => {
  const { load, file, cached } = await prepared(t);
  await writeFile(file, `${textWith(7).split('\n').slice(0, 10).join('\n')}\n`);
  t.is((await load()).count, 9);
  await t.throwsAsync(cached(), { code: 'ENOENT' });
});

test('the oldest files are dropped, those of dead processes among them', async (t) => {
  const { load, file, cached, cacheDir } = await prepared(t);
  await load();
  await writeFile(join(cacheDir, 'dead.tmp'), '');
  await writeFile(join(cacheDir, 'notes.txt'), 'not ours');
  for (const path of await cached()) await utimes(path, 1, 1);
  for (let pixel = 10; pixel < 18; pixel++) {
    await writeFile(file, textWith(pixel));
    await load();
  }
  const names = await readdir(cacheDir);
  t.is(names.filter((name) => name.endsWith('.images')).length, 8);
  t.deepEqual(
    names.filter((name) => !name.endsWith('.images')),
    ['notes.txt'],
  );
});

test('images that are too many for the memory stay in the cache, at the first load and at the next', async (t) => {
  const { dataDir, cacheDir, load, cached, file } = await prepared(t);
  const expected = await load();
  await rm(cacheDir, { recursive: true });
  for (const mostInMemory of [1 << 19, 0]) {
    const kept = await loadTrain(large, { dataDir, cacheDir, mostInMemory });
    const { pixels } = kept;
    if (pixels instanceof Uint8Array) return t.fail('in memory');
    t.is(pixels.bytes, 1 << 20);
    t.true((await cached())[0].endsWith(pixels.name.slice(pixels.name.lastIndexOf('/'))));
    t.deepEqual({ ...kept, pixels: null }, { ...expected, pixels: null });
    t.true(Buffer.from(allPixels(kept)).equals(allPixels(expected)));
  }
  const [one, two] = await Promise.all([1, 2].map(() => loadTrain(large, { dataDir, cacheDir, mostInMemory: 0 })));
  t.deepEqual(one.pixels, two.pixels, 'a file is opened once');

  const [kept] = await cached();
  const damaged = await readFile(kept);
  damaged[damaged.length >> 1] ^= 64;
  await writeFile(kept, damaged);
  const mended = await loadTrain(large, { dataDir, cacheDir, mostInMemory: 0 });
  t.true(Buffer.from(allPixels(mended)).equals(allPixels(expected)));

  const nowhere = await loadTrain(large, { dataDir, cacheDir: join(file, 'cache'), mostInMemory: 0 });
  t.true(nowhere.pixels instanceof Uint8Array, 'where nothing can be kept they are in memory');
});
