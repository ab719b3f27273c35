import test from 'ava';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { loadTest, loadTrain } from '../../data/load.ts';
import { loadOnce } from '../../data/load-once.ts';
import { UserError } from '../../base/user-error.ts';
import { temporaryFolder, tiny, trainText } from './tiny.ts';
import { zipOf } from './zip.ts';
import { allPixels } from '../../data/images.ts';

test('the train file becomes labelled images of the shape of the competition', async (t) => {
  const dataDir = await temporaryFolder(t);
  await writeFile(join(dataDir, 'train.csv'), trainText);
  const images = await loadTrain(tiny, { dataDir });
  t.deepEqual(images.shape, tiny.shape);
  t.is(images.count, 2);
  t.deepEqual([...allPixels(images)], [1, 2, 255, 0]);
  t.deepEqual([...images.labels], [0, 2]);
});

test('the test file becomes images with ids in order, without labels', async (t) => {
  const dataDir = await temporaryFolder(t);
  await writeFile(join(dataDir, 'test.csv.gz'), gzipSync('pixel0,pixel1\n9,8\n7,6\n5,4\n'));
  const { images, ids, labels } = await loadTest(tiny, { dataDir });
  t.deepEqual([...allPixels(images)], [9, 8, 7, 6, 5, 4]);
  t.deepEqual(ids, ['1', '2', '3']);
  t.is(labels, null);
});

test('work of several steps loads each part when it is first asked for, and once', async (t) => {
  const dataDir = await temporaryFolder(t);
  const images = loadOnce(tiny, { dataDir });
  await writeFile(join(dataDir, 'train.csv'), trainText);
  const train = await images.train();
  await writeFile(join(dataDir, 'train.csv'), 'something else');
  t.is(await images.train(), train);
  await t.throwsAsync(images.test(), { instanceOf: UserError, message: /expected test\.csv/ });
});

test('a train file that PowerShell has saved in UTF-16 is read, and refused where it is cut off', async (t) => {
  const dataDir = await temporaryFolder(t);
  const little = Buffer.from(`\uFEFF${trainText.replaceAll('\n', '\r\n')}`, 'utf16le');
  for (const bytes of [little, Buffer.from(little).swap16()]) {
    await writeFile(join(dataDir, 'train.csv'), bytes);
    t.deepEqual([...allPixels(await loadTrain(tiny, { dataDir }))], [1, 2, 255, 0]);
    await writeFile(join(dataDir, 'train.csv'), bytes.subarray(0, -5));
    await t.throwsAsync(loadTrain(tiny, { dataDir }), {
      instanceOf: UserError,
      message: /train\.csv:3: expected `pixel1` to be an integer in 0 … 255, got "\uFFFD"\. /,
    });
  }
});

test('the labels of a labelled test file come with it', async (t) => {
  const dataDir = await temporaryFolder(t);
  await writeFile(join(dataDir, 'test.csv'), trainText);
  const { labels } = await loadTest({ ...tiny, testIsLabelled: true }, { dataDir });
  t.deepEqual([...labels!], [0, 2]);
});

test('a mistake inside a zip is named with the zip, the entry and the line', async (t) => {
  const dataDir = await temporaryFolder(t);
  await writeFile(join(dataDir, 'tiny.zip'), zipOf({ name: 'train.csv', content: `${trainText}1,2,999\n` }));
  await t.throwsAsync(loadTrain(tiny, { dataDir }), {
    instanceOf: UserError,
    message: /tiny\.zip\/train\.csv:4: expected `pixel1` to be an integer in 0 … 255, got "999"\. /,
  });
});

test('a missing file is answered with the ways to provide it', async (t) => {
  const dataDir = await temporaryFolder(t);
  const message =
    /: expected train\.csv \(plain, \.gz or in an archive\), found none\. Put the files there from https:\/\/example\.org\/tiny, or name their folder with --data-dir\.$/;
  await t.throwsAsync(loadTrain(tiny, { dataDir }), { instanceOf: UserError, message });
  await t.throwsAsync(loadTrain(tiny, { dataDir: join(dataDir, 'none') }), { instanceOf: UserError, message });
});

test('a zip without the file is named', async (t) => {
  const dataDir = await temporaryFolder(t);
  await writeFile(join(dataDir, 'tiny.zip'), zipOf({ name: 'other.csv', content: trainText }));
  await t.throwsAsync(loadTrain(tiny, { dataDir }), {
    instanceOf: UserError,
    message: /found none \(nor in tiny\.zip, which holds other\.csv\)\. /,
  });
});

test('a folder in place of the file, and a file in place of the folder, are refused', async (t) => {
  const dataDir = await temporaryFolder(t);
  await mkdir(join(dataDir, 'train.csv'));
  await t.throwsAsync(loadTrain(tiny, { dataDir }), {
    instanceOf: UserError,
    message: /expected a file, got a folder/,
  });
  await writeFile(join(dataDir, 'file'), '');
  await t.throwsAsync(loadTrain(tiny, { dataDir: join(dataDir, 'file') }), {
    instanceOf: UserError,
    message: /found none/,
  });
});
