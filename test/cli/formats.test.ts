import test from 'ava';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { findCompetition } from '../../data/competitions/index.ts';
import { csvOf, idxFiles, pngFiles, recordsOf, someImages, tarOf, writeFiles } from '../data/image-files.ts';
import { temporaryFolder, withoutReports } from './process.ts';
import { runIn } from './in-process.ts';
import { readDescription } from '../../data/described.ts';
import { allPixels } from '../../data/images.ts';
import { loadTest, loadTrain } from '../../data/load.ts';
import { publish, published, type Published } from '../data/published.ts';
import { morePublished } from '../data/published-more.ts';

const cifar10 = findCompetition('cifar-10');

const { shape, classes } = cifar10;
const images = someImages(40, shape, classes.length);
const test20 = images.slice(0, 20);

test('the residual network trains on both forms of CIFAR-10 alike, and submits names to Kaggle', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  const batch = (name: string, from: number, to: number) => ({
    name: `cifar-10-batches-bin/${name}`,
    content: recordsOf(images.slice(from, to), shape.channels),
  });
  const batches = [1, 2, 3, 4, 5].map((i) => batch(`data_batch_${i}.bin`, 8 * (i - 1), 8 * i));
  await writeFiles(join(folder, 'binary'), {
    'cifar-10-binary.tar.gz': gzipSync(tarOf(...batches, batch('test_batch.bin', 0, 20))),
  });
  const ids = test20.map((_, i) => i + 1);
  await writeFiles(join(folder, 'png'), {
    ...pngFiles('train', shape, images),
    ...pngFiles('test', shape, test20),
    'trainLabels.csv': csvOf(
      ['id', 'label'],
      images.map(({ label }, i) => [i + 1, classes[label]]),
    ),
    'sampleSubmission.csv': csvOf(
      ['id', 'label'],
      ids.map((id) => [id, 'cat']),
    ),
  });
  const training = ['--model', 'resnet-small', '--method', 'plain', '--epochs', '1', '--folds', '2', '-q'];
  const names = new Map<string, string[]>();
  for (const [competition, data] of [
    ['cifar-10', 'binary'],
    ['cifar-10-kaggle', 'png'],
  ]) {
    const words = ['submit', '--competition', competition, '--data-dir', data, ...training];
    const { code, stderr } = await runIn(folder, words);
    t.is(code, 0, stderr);
    const csv = await readFile(join(folder, `submissions/${competition}/latest/plain.csv`), 'utf8');
    names.set(competition, csv.trimEnd().split('\n'));
  }
  const [, ...positions] = names.get('cifar-10')!;
  t.deepEqual(names.get('cifar-10-kaggle'), [
    'id,label',
    ...positions.map((line) => line.replace(/\d+$/, (label) => classes[Number(label)])),
  ]);

  const file = 'submissions/cifar-10-kaggle/latest/plain.csv';
  const kaggle = ['--competition', 'cifar-10-kaggle', '--data-dir', 'png'];
  const checked = await runIn(folder, ['kaggle', 'submit', file, '--dry-run', ...kaggle]);
  t.is(checked.code, 0, checked.stderr);
  t.regex(checked.stdout, /20 rows, ids and labels as cifar-10-kaggle wants them\./);
  t.regex(checked.stdout, /Would be sent to cifar-10 on /);
});

test('data names the files in the format that is there, and what is missing of it', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  const shapeOfMnist = { height: 28, width: 28, channels: 1 };
  const digits = someImages(50, shapeOfMnist, 10);
  await writeFiles(join(folder, 'idx'), {
    ...idxFiles('train', shapeOfMnist, digits),
    ...idxFiles('t10k', shapeOfMnist, digits),
  });
  const words = ['data', '--competition', 'fashion-mnist', '--data-dir', 'idx'];
  const { code, stdout, stderr } = await runIn(folder, [...words, '--json']);
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  t.deepEqual(JSON.parse(stdout).files[0], {
    role: 'train',
    file: 'train-images-idx3-ubyte and train-labels-idx1-ubyte',
    found: 'train-images-idx3-ubyte.gz, train-labels-idx1-ubyte',
    rows: 50,
  });
  await rm(join(folder, 'idx/t10k-labels-idx1-ubyte'));
  const partial = await runIn(folder, words);
  t.is(partial.code, 2);
  t.regex(partial.stdout, /train-images-idx3-ubyte and .* +50 images/);
  t.regex(partial.stdout, /t10k-labels-idx1-ubyte +missing/);
  t.regex(
    partial.stderr,
    /^idx: no t10k-labels-idx1-ubyte\. Type "npm run data -- fashion-mnist --data-dir idx", or download from https:/,
  );
});

const training = ['--method', 'plain', '--model', 'digit-cnn', '--epochs', '1', '--folds', '2', '--workers', '1'];
/** Large enough for the network, and quick to train. */
const SIDE = 8;

for (const expected of [...published, ...morePublished]) {
  test(`${expected.name} is read as its publisher means it, searched, submitted and ranked`, async (t) => {
    const folder = await temporaryFolder(t);
    await withoutReports(folder);
    const dataDir = join(folder, 'set');
    await publish(dataDir, expected);
    const typed = async (...words: string[]) => {
      const { code, stdout, stderr } = await runIn(folder, [...words, '--json']);
      t.is(code, 0, stderr);
      return { ...JSON.parse(stdout), stderr };
    };
    const { files } = await typed('data', '--data-dir', 'set');
    t.is(files[0].rows, expected.labels.length);
    const description = join(dataDir, 'competition.json');
    await assertRead(t, description, expected);

    await makeSmall(description);
    const own = ['--data-dir', 'set', ...training];
    const { methods: searched } = await typed('search', ...own, '--trials', '1');
    t.is(searched.plain.trials.complete, 1);
    const { methods, stderr } = await typed('submit', ...own);
    const { submission, paramsFrom } = methods.plain;
    t.regex(paramsFrom, /^trial \d of study /);
    t.is(/has no test images: methods are compared on folds/.test(stderr), expected.ids === null);
    const [header, ...rows] = (await readFile(join(folder, submission), 'utf8')).trimEnd().split('\n');
    t.is(header.split(',')[0], expected.columns[0]);
    t.deepEqual(
      rows.map((row) => row.slice(0, row.indexOf(','))),
      expected.ids ?? [],
    );
    const { competitions } = await typed('leaderboard', '--competition', 'set/competition.json');
    t.is(competitions[0].submissions.length, 1);
  });
}

async function assertRead(t: Parameters<typeof temporaryFolder>[0], file: string, expected: Published): Promise<void> {
  const competition = readDescription(file);
  const { submission, files } = competition;
  const { height, width, channels } = competition.shape;
  t.deepEqual([height, width, channels], expected.shape);
  t.deepEqual(competition.classes, expected.classes);
  t.deepEqual([submission.id, submission.label], expected.columns);
  t.deepEqual(submission.probabilities, expected.probabilities);

  const train = await loadTrain(competition);
  t.deepEqual([...train.labels], expected.labels);
  if (expected.pixel) {
    const { row, x, y, value } = expected.pixel;
    t.is(allPixels(train)[(row * height + y) * width + x], value);
  }
  t.is(files.test.length === 0, expected.ids === null);
  t.deepEqual((await loadTest(competition)).ids, expected.ids ?? []);
}

/** Image files can be shrunk to any size. */
async function makeSmall(file: string): Promise<void> {
  const description = JSON.parse(await readFile(file, 'utf8'));
  if (description.train.format !== 'folders' && description.train.format !== 'files') return;
  const small = { ...description.shape, height: SIDE, width: SIDE };
  await writeFile(file, JSON.stringify({ ...description, shape: small }));
}
