/** Competitions, and how their images are split. */
import test from 'ava';
import * as fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../base/user-error.ts';
import type { Competition } from '../../data/competition.ts';
import { competitions, findCompetition } from '../../data/competitions/index.ts';
import { dataDirectory } from '../../data/directory.ts';
import type { ImageFormat } from '../../data/format.ts';
import { pixelColumns } from '../../data/formats/csv.ts';
import { allPixels } from '../../data/images.ts';
import { labelText } from '../../data/label-table.ts';
import { loadTest, loadTrain } from '../../data/load.ts';
import { foldRows, groupedFolds, stratifiedFolds } from '../../data/split.ts';
import {
  csvOf,
  type Files,
  idxFiles,
  pngFiles,
  recordsOf,
  someImages,
  tarOf,
  type TestImage,
  writeFiles,
} from './image-files.ts';
import { sevenZipOf } from './seven-zip.ts';
import { temporaryFolder } from './tiny.ts';

const BATCHES = 5;
const COUNT = 2 * BATCHES;

/** The files of the format with these images as the publisher would offer them. */
function publish(
  format: ImageFormat,
  competition: Competition,
  images: readonly TestImage[],
  labelled: boolean,
  role: 'train' | 'test',
): Files {
  const [file] = format.files;
  const { id, shape, classes, submission } = competition;
  if (file.endsWith('.csv')) {
    const pixels = pixelColumns(shape, { first: id === 'fashion-mnist' ? 1 : 0 });
    const rows = images.map((image) => [...(labelled ? [image.label] : []), ...image.pixels]);
    return { [file]: csvOf([...(labelled ? ['label'] : []), ...pixels], rows) };
  }
  if (file.endsWith('-idx3-ubyte')) return idxFiles(file.split('-')[0], shape, images);
  if (file === 'cifar-100-binary.tar.gz') {
    const content = Buffer.concat(
      images.map((image) => Buffer.concat([Buffer.of(7), recordsOf([image], shape.channels)])),
    );
    return { [file]: gzipSync(tarOf({ name: `cifar-100-binary/${role}.bin`, content })) };
  }
  if (file.endsWith('.tar.gz')) {
    const batch = (name: string, from: number, to: number) => ({
      name: `cifar-10-batches-bin/${name}`,
      content: recordsOf(images.slice(from, to), shape.channels),
    });
    const batches = Array.from({ length: BATCHES }, (_, i) =>
      batch(`data_batch_${i + 1}.bin`, (COUNT / BATCHES) * i, (COUNT / BATCHES) * (i + 1)),
    );
    // In another order than the batches are read in.
    return { [file]: gzipSync(tarOf(batch('test_batch.bin', 0, COUNT), ...batches.toReversed())) };
  }
  const folder = file.slice(0, -'.7z'.length);
  const entries = Object.entries(pngFiles(folder, shape, images)).map(([name, content]) => ({ name, content }));
  const rows = images.map(({ label }, i) => [i + 1, labelText(submission, classes, label)]);
  return {
    [file]: sevenZipOf(...entries.toReversed()),
    ...(labelled && { 'trainLabels.csv': csvOf(['id', 'label'], rows) }),
  };
}

for (const competition of competitions) {
  const { id, shape, classes, files, submission, testIsLabelled } = competition;
  const images = someImages(COUNT, shape, classes.length);
  const expected = {
    pixels: images.flatMap(({ pixels }) => pixels),
    labels: images.map(({ label }) => label),
  };

  test(`${id} is found by its id, and a person can get its files`, (t) => {
    t.is(findCompetition(id), competition);
    t.is(new Set(classes).size, classes.length);
    t.true(competition.page !== null || competition.generate !== undefined);
    t.true(dataDirectory(competition).endsWith(id));
  });

  test(`labels of ${id} are written so that a table can hold them`, (t) => {
    const texts = classes.map((_, label) => labelText(submission, classes, label));
    t.is(new Set(texts).size, classes.length);
    for (const text of texts) t.regex(text, /^[^",\r\n]+$/);
  });

  for (const [i, format] of files.train.entries()) {
    test(`${id} reads its training images from ${format.files.join(' and ')}`, async (t) => {
      const dataDir = await temporaryFolder(t);
      await writeFiles(dataDir, publish(format, competition, images, true, 'train'));
      const train = await loadTrain(competition, { dataDir });
      t.deepEqual({ pixels: [...allPixels(train)], labels: [...train.labels] }, expected);
      t.deepEqual(train.shape, shape);
    });

    test(`${id} reads its test images from ${files.test[i].files.join(' and ')}`, async (t) => {
      const dataDir = await temporaryFolder(t);
      await writeFiles(dataDir, publish(files.test[i], competition, images, testIsLabelled, 'test'));
      const { images: found, labels, ids } = await loadTest(competition, { dataDir });
      t.deepEqual([...allPixels(found)], expected.pixels);
      t.deepEqual(labels && [...labels], testIsLabelled ? expected.labels : null);
      t.deepEqual(
        [...ids],
        images.map((_, row) => String(row + submission.firstId!)),
      );
    });
  }

  test(`${id} names the ways to provide its images if there are none`, async (t) => {
    const { message } = await t.throwsAsync(
      loadTrain({ ...competition, generate: undefined }, { dataDir: await temporaryFolder(t) }),
      { instanceOf: UserError },
    );
    for (const { description } of files.train) t.true(message.includes(description), message);
    if (competition.page) t.true(message.includes(competition.page), message);
  });
}

test('an unknown competition is answered with the known ones', (t) => {
  t.throws(() => findCompetition('foo'), {
    instanceOf: UserError,
    // Those of the folder that the test runs in follow.
    message: new RegExp(`^Unknown competition "foo"\\. Known: ${competitions.map(({ id }) => id).join(', ')}[.,]`),
  });
});

const ascending = (a: number, b: number): number => a - b;

/** How many rows of one class (or of all, without `label`) each fold has. */
const sizes = (labels: number[], foldOf: Uint8Array, folds: number, label?: number): number[] =>
  Array.from(
    { length: folds },
    (_, fold) => labels.filter((of, row) => foldOf[row] === fold && (label === undefined || of === label)).length,
  );

test('folds differ by at most one row, over all rows and in every class', (t) => {
  const cases = fc.record({
    folds: fc.integer({ min: 2, max: 6 }),
    counts: fc.array(fc.integer({ min: 6, max: 20 }), { minLength: 1, maxLength: 5 }),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ folds, counts, seed }) => {
      const labels = counts.flatMap((count, label) => Array.from({ length: count }, () => label));
      const foldOf = stratifiedFolds(labels, folds, seed);
      for (const label of [undefined, ...counts.keys()]) {
        const found = sizes(labels, foldOf, folds, label);
        t.true(Math.max(...found) - Math.min(...found) <= 1, `class ${label}: ${found.join()}`);
      }
    }),
  );
});

test('the same seed gives the same folds, another seed gives others', (t) => {
  const labels = Uint16Array.from({ length: 200 }, (_, row) => row % 10);
  t.deepEqual(stratifiedFolds(labels, 5, 1), stratifiedFolds(labels, 5, 1));
  t.notDeepEqual(stratifiedFolds(labels, 5, 1), stratifiedFolds(labels, 5, 2));
});

test('the folds of seed 1 are these on every machine', (t) => {
  t.is(stratifiedFolds([0, 1, 0, 1, 0, 1, 0, 1, 0, 1], 5, 1).join(''), '0113322044');
});

test('the rows of a fold and the rows outside make up all rows, each once', (t) => {
  const foldOf = Uint8Array.of(0, 1, 2, 0, 1, 2);
  const { train, validation } = foldRows(foldOf, 1);
  t.deepEqual([...train], [0, 2, 3, 5]);
  t.deepEqual([...validation], [1, 4]);
});

test('a class that does not occur needs no rows', (t) => {
  t.deepEqual(stratifiedFolds([5, 5, 9, 9], 2, 0).toSorted(), Uint8Array.of(0, 0, 1, 1));
});

test('a class with fewer rows than folds is in as many folds as it has rows', (t) => {
  const labels = [0, 0, 0, 0, 0, 0, 1, 1];
  const foldOf = stratifiedFolds(labels, 4, 0);
  t.deepEqual(sizes(labels, foldOf, 4), [2, 2, 2, 2]);
  t.deepEqual(sizes(labels, foldOf, 4, 1).toSorted(ascending), [0, 0, 1, 1]);
});

test('no group is in two folds, and every fold has one', (t) => {
  const cases = fc.record({
    folds: fc.integer({ min: 2, max: 5 }),
    groups: fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 9 }), {
      minLength: 5,
      maxLength: 20,
    }),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ folds, groups, seed }) => {
      const labels = groups.flat();
      const groupOf = groups.flatMap((ofGroup, group) => ofGroup.map(() => group));
      const foldOf = groupedFolds(labels, groupOf, folds, seed);
      for (const group of groups.keys()) {
        t.is(new Set(foldOf.filter((_, row) => groupOf[row] === group)).size, 1);
      }
      t.is(new Set(foldOf).size, folds);
      t.deepEqual(groupedFolds(labels, groupOf, folds, seed), foldOf);
    }),
  );
});

test('folds by group spread the classes, and with one class the sizes', (t) => {
  // 40 groups of ten images, each with a class that is twice as frequent as the other.
  const groupOf = Array.from({ length: 400 }, (_, row) => Math.floor(row / 10));
  const labels = groupOf.map((group, row) => (row % 3 === 0 ? group % 4 : (group + 1) % 4));
  const foldOf = groupedFolds(labels, groupOf, 5, 1);
  for (const label of [undefined, 0, 1, 2, 3]) {
    const found = sizes(labels, foldOf, 5, label);
    t.true(Math.max(...found) - Math.min(...found) <= 4, `class ${label}: ${found.join()}`);
  }
  // The largest groups alone: 5, 4 and 3 + 2 images.
  const uneven = [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3];
  const bySize = groupedFolds(new Uint8Array(uneven.length), uneven, 3, 1);
  t.deepEqual(sizes(uneven, bySize, 3).toSorted(ascending), [4, 5, 5]);
});

test('the folds by group of seed 1 are these on every machine', (t) => {
  const groups = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5];
  const labels = [0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1];
  t.is(groupedFolds(labels, groups, 3, 1).join(''), '220000111122');
});

test('one fold, or a part of one, is refused', (t) => {
  for (const folds of [1, 2.5, 257, NaN]) t.throws(() => stratifiedFolds([0, 0], folds, 0), { instanceOf: RangeError });
});
