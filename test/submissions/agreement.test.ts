/** Predictions of several runs: how far they agree, and their probabilities. */
import test from 'ava';
import promises, { writeFile, readFile } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join, basename } from 'node:path';
import { UserError } from '../../base/user-error.ts';
import type { Competition } from '../../data/competition.ts';
import { loadTest } from '../../data/load.ts';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { predictedLabels } from '../../pipeline/evaluate.ts';
import { createPool } from '../../pipeline/pool.ts';
import { readProbabilities } from '../../records/run.ts';
import { compareSubmissions } from '../../submissions/agreement.ts';
import { probabilityCsv, summingToOne } from '../../submissions/probability-table.ts';
import { runProbabilities } from '../../submissions/run-probabilities.ts';
import { readSubmission } from '../../submissions/submission.ts';
import { submit } from '../../submissions/submit.ts';
import { temporaryFolder, tiny } from '../data/tiny.ts';
import { method, small, smallTask, TEST_IMAGES, TRAIN_IMAGES } from './small.ts';

const header = 'ImageId,Label\n';

test('two submissions agree on a share of the labels, whatever their order', async (t) => {
  const folder = await temporaryFolder(t);
  const [a, b, solution] = ['a.csv', 'b.csv', 'solution.csv'].map((name) => join(folder, name));
  await writeFile(a, `${header}1,0\n2,1\n3,2\n4,0\n`);
  await writeFile(b, `${header}4,1\n3,2\n2,1\n1,2\n`);
  const agreement = await compareSubmissions(tiny, [a, b]);
  t.like(agreement, { n: 4, equal: 2, share: 0.5, scores: null, difference: null });
  t.deepEqual(agreement.differing, [
    { id: '1', first: 0, second: 2 },
    { id: '4', first: 0, second: 1 },
  ]);
  t.is(agreement.sentence, `${a} and ${b} agree on 2 of 4 labels (50.00 %).`);

  await writeFile(solution, 'ImageId,Label,Usage\n1,0,Public\n4,0,Private\n2,0,Private\n');
  const scored = await compareSubmissions(tiny, [a, b], solution);
  t.like(scored.scores?.[0], { accuracy: 2 / 3, n: 3, public: { accuracy: 1, n: 1, standardError: 0 } });
  t.like(scored.scores?.[1], { accuracy: 0, n: 3 });
  t.is(scored.difference?.difference, 2 / 3);
  // d = 1, 1, 0: sd = √(1/3), standard error = 1/3.
  t.is(scored.difference?.z.toFixed(9), '2.000000000');
});

test('submissions with other ids cannot be compared', async (t) => {
  const folder = await temporaryFolder(t);
  const [a, b] = ['a.csv', 'b.csv'].map((name) => join(folder, name));
  await writeFile(a, `${header}1,0\n2,1\n`);
  for (const [rows, found] of [
    ['1,0\n3,1\n', 'none for id 2'],
    ['1,0\n2,1\n3,1\n', '3'],
    ['1,0\n', 'none for id 2'],
  ]) {
    await writeFile(b, header + rows);
    await t.throwsAsync(() => compareSubmissions(tiny, [a, b]), {
      instanceOf: UserError,
      message: `${b}: expected labels for the 2 ids of ${a}, got ${found}. Name two submissions to the same competition.`,
    });
  }
});

/** As `tiny`, with probabilities scored by log loss. */
const likely: Competition = {
  ...tiny,
  metric: 'log-loss',
  submission: { ...tiny.submission, probabilities: { columns: ['a', 'b', 'c'] } },
};

test('files of probabilities are compared by how far they are apart, and by the metric where answers are known', async (t) => {
  const folder = await temporaryFolder(t);
  const [a, b, solution] = ['a.csv', 'b.csv', 'solution.csv'].map((name) => join(folder, name));
  await writeFile(a, 'ImageId,a,b,c\n1,0.5,0.25,0.25\n2,0.125,0.75,0.125\n');
  await writeFile(b, 'ImageId,c,a,b\n2,0.5,0.25,0.25\n1,0.25,0.5,0.25\n');
  const { equal, distance, sentence } = await compareSubmissions(likely, [a, b]);
  t.deepEqual({ equal, distance }, { equal: 1, distance: { mean: 0.25, largest: 0.5, id: '2' } });
  t.is(
    sentence,
    `${a} and ${b} have the same most probable class for 1 of 2 images (50.00 %). ` +
      'Their probabilities are 0.2500 apart on average, and 0.5000 at most (2).',
  );

  await writeFile(solution, 'ImageId,Label\n1,0\n2,1\n');
  const scored = await compareSubmissions(likely, [a, b], solution);
  const loss = (p: number, q: number): number => -(Math.log(p) + Math.log(q)) / 2;
  t.deepEqual(
    scored.scores?.map(({ metric }) => metric?.value.toFixed(9)),
    [loss(0.5, 0.75), loss(0.5, 0.25)].map((value) => value.toFixed(9)),
  );
  t.is(scored.difference?.difference.toFixed(9), (loss(0.5, 0.25) - loss(0.5, 0.75)).toFixed(9));
  t.regex(scored.sentence, /a\.csv .* on tiny: log loss 0\.4904 against 1\.0397 on 2 answers/);
});

test('beside a file of labels, probabilities are compared by accuracy, and the sentence says why', async (t) => {
  const folder = await temporaryFolder(t);
  const [a, b, solution] = ['a.csv', 'b.csv', 'solution.csv'].map((name) => join(folder, name));
  await writeFile(a, 'ImageId,a,b,c\n1,0.5,0.25,0.25\n2,0.125,0.75,0.125\n');
  await writeFile(b, `${header}1,0\n2,2\n`);
  await writeFile(solution, `${header}1,0\n2,1\n`);
  const { sentence, distance, scores } = await compareSubmissions(likely, [a, b], solution);
  t.is(distance, null);
  t.regex(sentence, /agree on 1 of 2 labels .* 100\.00 % against 50\.00 % on 2 answers/);
  t.true(
    sentence.endsWith(
      `They are compared by accuracy, because there are no probabilities in ${b}, as log loss needs them.`,
    ),
    sentence,
  );
  t.is(scores?.[0].metric, undefined);
  // What looks at labels alone scores them both, also where the competition wants labels.
  const kappa = await compareSubmissions({ ...tiny, metric: 'quadratic-kappa' }, [a, b], solution);
  t.regex(kappa.sentence, /quadratic weighted kappa 1\.0000 against 0\.6667 on 2 answers/);
});

test('what is no probability is refused with its line', async (t) => {
  const folder = await temporaryFolder(t);
  const [a, b] = ['a.csv', 'b.csv'].map((name) => join(folder, name));
  await writeFile(a, 'ImageId,a,b,c\n1,0.5,0.25,0.25\n');
  for (const [content, message] of [
    ['ImageId,a,b,c\n1,0.5,0.25,1.5\n', /b\.csv:2: expected `c` to be a probability from 0 to 1, got "1\.5"/],
    ['ImageId,a,b,c\n1,0.5,NaN,0.5\n', /b\.csv:2: expected `b` .* got "NaN"/],
    ['ImageId,a,b,c\n1,,0.5,0.5\n', /b\.csv:2: expected `a` .* got ""/],
    ['ImageId,a,b,c\n1,0,0,0\n', /b\.csv:2: expected a probability above 0 for some class, got none/],
    ['ImageId,a,b,c\n1,0,0,1\n1,0,0,1\n', /b\.csv:3: expected every id once, got "1" as on line 2/],
    ['ImageId,a,b\n1,0.5,0.5\n', /b\.csv:1: expected a column of probabilities for each class, a, b, c, got none "c"/],
    ['ImageId,a,b,c,d\n1,0.5,0.5,0,0\n', /b\.csv:1: .* got the column "d" too/],
    ['Id,a,b,c\n1,0.5,0.5,0\n', /b\.csv:1: expected the column `ImageId` first, got "Id,a,b,c"/],
  ] as const) {
    await writeFile(b, content);
    await t.throwsAsync(() => compareSubmissions(likely, [a, b]), { instanceOf: UserError, message });
  }
});

const pool = createPool(2);
test.after.always(() => pool.destroy());

/** As the name of the built-in competition, by which records of the small one are found. */
const competition = { ...small, id: 'synthetic-digits' };

test('a run keeps the probabilities behind its submission, and an older one gets them predicted again', async (t) => {
  const task = { ...(await smallTask(t)), competition, methods: [method('snapshot', { snapshots: 2 })] };
  const { methods } = await submit(pool, task);
  const { run, submission, outOfFold } = methods.snapshot;
  const opened: string[] = [];
  const { open } = promises;
  promises.open = (path, ...others) => {
    opened.push(String(path));
    return open(path, ...others);
  };
  syncBuiltinESMExports();
  const kept = await runProbabilities(run, task);
  promises.open = open;
  syncBuiltinESMExports();
  t.deepEqual(
    opened.filter((path) => path.startsWith(run) && path.endsWith('.npy')).map((path) => basename(path)),
    ['test-probabilities.npy', 'out-of-fold-probabilities.npy'],
  );
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
  const [columns, ...rows] = text.trimEnd().split('\n');
  t.is(columns, 'ImageId,0,1,2,3,4,5,6,7,8,9');
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
