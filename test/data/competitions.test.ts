import test from 'ava';
import { gzipSync } from 'node:zlib';
import type { Competition } from '../../data/competition.ts';
import { competitions, findCompetition } from '../../data/competitions/index.ts';
import { dataDirectory } from '../../data/directory.ts';
import { pixelColumns } from '../../data/formats/csv.ts';
import type { ImageFormat } from '../../data/format.ts';
import { labelText } from '../../data/label-table.ts';
import { loadTest, loadTrain } from '../../data/load.ts';
import { UserError } from '../../base/user-error.ts';
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
import { allPixels } from '../../data/images.ts';

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
    message: `Unknown competition "foo". Known: ${competitions.map(({ id }) => id).join(', ')}.`,
  });
});
