import test, { type ExecutionContext } from 'ava';
import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../base/user-error.ts';
import { folders } from '../../data/formats/image-files.ts';
import { allPixels, type LabelledImages } from '../../data/images.ts';
import { type LoadOptions, loadTrain } from '../../data/load.ts';
import { PixelRoom } from '../../data/pixel-room.ts';
import { pngOf, someImages, writeFiles } from './image-files.ts';
import { temporaryFolder, tiny } from './tiny.ts';

const shape = { height: 4, width: 3, channels: 3 };

async function prepared(t: ExecutionContext) {
  const [dataDir, cacheDir] = [await temporaryFolder(t), await temporaryFolder(t)];
  const images = someImages(12, shape, 2);
  await writeFiles(
    dataDir,
    Object.fromEntries(images.map(({ label, pixels }, i) => [`${'ab'[label]}/${i}.png`, pngOf(shape, pixels)])),
  );
  const load = (options: LoadOptions, skipBroken = false): Promise<LabelledImages> => {
    const train = [folders('.', { fit: 'stretch', skipBroken, labels: 'name' })];
    const competition = { ...tiny, shape, classes: ['a', 'b'], files: { ...tiny.files, train } };
    return loadTrain(competition, { dataDir, cacheDir, ...options });
  };
  return { dataDir, cacheDir, load };
}

function assertInFile(t: ExecutionContext, found: LabelledImages, expected: LabelledImages): void {
  t.false(found.pixels instanceof Uint8Array);
  t.deepEqual({ ...found, pixels: allPixels(found) }, { ...expected, pixels: allPixels(expected) });
}

test('image files that are too many for the memory are decoded into the cache', async (t) => {
  const { cacheDir, load } = await prepared(t);
  const expected = await load({});
  t.deepEqual(await readdir(cacheDir), []);
  const [first, second] = await Promise.all([load({ mostInMemory: 1 }), load({ mostInMemory: 1 })]);
  assertInFile(t, first, expected);
  assertInFile(t, second, expected);
  const [kept, ...others] = await readdir(cacheDir);
  t.deepEqual(others, []);
  const content = await readFile(join(cacheDir, kept));
  assertInFile(t, await load({ mostInMemory: 1 }), expected);
  t.true(content.equals(await readFile(join(cacheDir, kept))), 'what is kept there is read again');
});

test('broken image files are left out of the cache too', async (t) => {
  const { dataDir, load } = await prepared(t);
  await writeFile(join(dataDir, 'a/2.png'), 'no image');
  const expected = await load({}, true);
  t.deepEqual([expected.count, expected.broken], [11, ['a/2.png']]);
  assertInFile(t, await load({ mostInMemory: 1 }, true), expected);
  assertInFile(t, await load({ mostInMemory: 1 }, true), expected);
  await t.throwsAsync(load({ mostInMemory: 1 }), { instanceOf: UserError, message: /a\/2\.png: this image cannot be/ });
});

for (const mostInMemory of [1, Infinity]) {
  test(`reading ends at the signal, with ${mostInMemory} bytes in memory, and leaves nothing behind`, async (t) => {
    const { cacheDir, load } = await prepared(t);
    const told: string[] = [];
    const controller = new AbortController();
    const onImages = (done: number, total: number): void => {
      told.push(`${done}/${total}`);
      controller.abort();
    };
    await t.throwsAsync(load({ mostInMemory, signal: controller.signal, onImages }), { name: 'AbortError' });
    t.is(told[0], '1/12');
    await t.throwsAsync(load({ mostInMemory, signal: AbortSignal.abort() }), { name: 'AbortError' });
    t.deepEqual(await readdir(cacheDir), []);
  });
}

test('where nothing can be kept, images stay in memory, or end in a sentence where they do not fit there', async (t) => {
  const { dataDir, load } = await prepared(t);
  const directory = join(dataDir, 'a/2.png/cache');
  t.true((await load({ cacheDir: directory, mostInMemory: 1 })).pixels instanceof Uint8Array);
  const room = (): PixelRoom => new PixelRoom({ directory, mostInMemory: 1, mostWithoutFile: 5 });
  room().reserve(5);
  const message = /2\.png\/cache: expected room for the images, which are too many for the memory, got ENOTDIR\. Free/;
  t.throws(() => room().reserve(6), { instanceOf: UserError, message });
  const growing = room();
  growing.add(Uint8Array.of(1, 2, 3));
  t.throws(() => growing.add(Uint8Array.of(4, 5, 6)), { instanceOf: UserError, message });
});

test('more than the disk has is refused before anything is written', async (t) => {
  const directory = await temporaryFolder(t);
  const room = new PixelRoom({ directory, mostInMemory: 1, mostWithoutFile: 1 });
  t.throws(() => room.reserve(2 ** 50), { instanceOf: UserError, message: /got [\d.]+ MB of 1125899907 MB\. Free/ });
  t.deepEqual(await readdir(directory), []);
});

test('pixels of an unknown number go to the file when they are too many', async (t) => {
  const directory = await temporaryFolder(t);
  const room = new PixelRoom({ directory, mostInMemory: 4 });
  const blocks = [Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5), Uint8Array.of(6)];
  for (const block of blocks) room.add(block);
  const pixels = room.end();
  t.false(pixels instanceof Uint8Array);
  t.deepEqual([...allPixels({ pixels })], [1, 2, 3, 4, 5, 6]);
  room.drop();
  t.deepEqual(await readdir(directory), []);
});

test('what a dead process left is dropped, what a living one writes is not', async (t) => {
  const { cacheDir, load } = await prepared(t);
  await mkdir(cacheDir, { recursive: true });
  for (const name of ['.dead.tmp', '.alive.tmp']) await writeFile(join(cacheDir, name), '');
  await utimes(join(cacheDir, '.dead.tmp'), 1, 1);
  await load({ mostInMemory: 1 });
  t.deepEqual(
    (await readdir(cacheDir)).filter((name) => name.endsWith('.tmp')),
    ['.alive.tmp'],
  );
  await rm(join(cacheDir, '.alive.tmp'));
});
