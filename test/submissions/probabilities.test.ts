import test from 'ava';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { UserError } from '../../base/user-error.ts';
import { loadTest } from '../../data/load.ts';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { predictedLabels } from '../../pipeline/evaluate.ts';
import { createPool } from '../../pipeline/pool.ts';
import { readProbabilities } from '../../records/run.ts';
import { probabilityCsv, summingToOne } from '../../submissions/probability-table.ts';
import { runProbabilities } from '../../submissions/run-probabilities.ts';
import { readSubmission } from '../../submissions/submission.ts';
import { submit } from '../../submissions/submit.ts';
import { method, small, smallTask, TEST_IMAGES, TRAIN_IMAGES } from './small.ts';

const pool = createPool(2);
test.after.always(() => pool.destroy());

/** As the name of the built-in competition, by which records of the small one are found. */
const competition = { ...small, id: 'synthetic-digits' };

test('a run keeps the probabilities behind its submission, and an older one gets them predicted again', async (t) => {
  const task = { ...(await smallTask(t)), competition, methods: [method('snapshot', { snapshots: 2 })] };
  const { methods } = await submit(pool, task);
  const { run, submission, outOfFold } = methods.snapshot;
  const kept = await runProbabilities(run, task);
  t.deepEqual(kept.test?.ids, (await loadTest(competition, task)).ids);
  t.deepEqual(predictedLabels(kept.test!.probabilities, 10), (await readSubmission(submission, competition)).labels);
  const { images, probabilities, ids } = kept.outOfFold;
  t.is(images.count, TRAIN_IMAGES);
  t.deepEqual([ids[0], ids.at(-1)], ['1', String(TRAIN_IMAGES)]);
  const right = predictedLabels(probabilities, 10).filter((label, row) => label === images.labels[row]).length;
  t.is(right / TRAIN_IMAGES, outOfFold.accuracy);

  const file = join(run, 'record.json');
  const { probabilities: _none, ...older } = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify(older));
  t.is(await readProbabilities(run), null);
  const again = await runProbabilities(run, task);
  t.deepEqual(again.outOfFold.probabilities, probabilities);
  t.deepEqual(again.test, kept.test);
});

test('probabilities of other images than those that are there are refused', async (t) => {
  const task = { ...(await smallTask(t)), competition, methods: [method('plain')], epochs: 1 };
  const { run } = (await submit(pool, task)).methods.plain;
  await writeSyntheticDigits(task.dataDir, { train: TRAIN_IMAGES, test: TEST_IMAGES + 1 });
  await t.throwsAsync(() => runProbabilities(run, task), {
    instanceOf: UserError,
    message: /^synthetic-digits: expected the test images of .*, found others\. Name the folder/,
  });
  const labels = join(task.dataDir, 'train.csv');
  const table = await readFile(labels, 'utf8');
  await writeFile(
    labels,
    table.replace(/\n(\d),/, (_, label) => `\n${(Number(label) + 1) % 10},`),
  );
  await t.throwsAsync(() => runProbabilities(run, task), {
    instanceOf: UserError,
    message: /as many with other labels/,
  });
});

test('tables of probabilities lie beside the submission and in latest, where others take their place', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('plain')], epochs: 1, probabilities: true };
  const { methods, name } = await submit(pool, task);
  const { probabilities, run } = methods.plain;
  t.deepEqual(
    [probabilities?.test?.file, probabilities?.outOfFold.file],
    ['plain-probabilities.csv', 'plain-out-of-fold.csv'].map((file) => join(task.outDir, name!, file)),
  );
  const { test: ofTest } = (await readProbabilities(run))!;
  const text = await readFile(probabilities!.test!.file, 'utf8');
  const [header, ...rows] = text.trimEnd().split('\n');
  t.is(header, 'ImageId,0,1,2,3,4,5,6,7,8,9');
  t.is(rows.length, TEST_IMAGES);
  for (const [row, line] of rows.entries()) {
    const [id, ...cells] = line.split(',');
    t.is(id, String(row + 1));
    const numbers = cells.map(Number);
    t.true(Math.abs(numbers.reduce((sum, value) => sum + value, 0) - 1) <= 10 * Number.EPSILON);
    for (const [k, value] of numbers.entries()) {
      // A float32 has 24 bits, and the sum of ten is 1 within a few roundings.
      t.true(Math.abs(value / ofTest!.probabilities[row * 10 + k] - 1) < 1e-6);
    }
  }
  const latest = (file: string) => join(task.outDir, 'latest', basename(file));
  t.is(await readFile(latest(probabilities!.outOfFold.file), 'utf8').then((all) => all.split('\n').length), 202);
  await submit(pool, { ...task, probabilities: false });
  await t.throwsAsync(() => readFile(latest(probabilities!.outOfFold.file)), { code: 'ENOENT' });
});

test('probabilities keep their order, ties too, and stay the same when they are written again', (t) => {
  const classes = 5;
  const rows = [
    [0.2, 0.2, 0.2, 0.2, 0.2],
    [0.3, 0.3, 0.3, 0.05, 0.05],
    [1e-30, 1, 1e-10, 0, 0],
    [0.999, 0.4, 0.1, 0.1, 0.1],
  ].flat();
  const once = summingToOne(Float32Array.from(rows), classes);
  t.deepEqual(predictedLabels(Float32Array.from(once), classes), predictedLabels(Float32Array.from(rows), classes));
  t.is(once[0], once[4]);
  t.true(once[10] > 0, `${once[10]}`);
  const table = { id: 'id', columns: ['a', 'b,c', 'd', 'e', 'f'] };
  const csv = probabilityCsv(table, ['1', '2', '3', '4'], Float32Array.from(rows));
  const read = csv
    .trimEnd()
    .split('\n')
    .slice(1)
    .flatMap((line) => line.split(',').slice(1).map(Number));
  t.deepEqual(Float64Array.from(read), once);
  t.is(probabilityCsv(table, ['1', '2', '3', '4'], read), csv);
  t.true(csv.startsWith('id,a,"b,c",d,e,f\n'));
});
