import test, { type ExecutionContext } from 'ava';
import { random } from '../../numerics/random.ts';
import { atTemperature, blended, blendWeights, type Fitting, temperaturesOf } from '../../submissions/blend.ts';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadOnce } from '../../data/load-once.ts';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { UserError } from '../../base/user-error.ts';
import { averageWeights } from '../../pipeline/collectors/swa.ts';
import type { MethodName } from '../../pipeline/methods/index.ts';
import { createPool } from '../../pipeline/pool.ts';
import { readRun } from '../../records/run.ts';
import { averageRun, type AverageTask } from '../../submissions/average.ts';
import { loadMember } from '../../submissions/blend-members.ts';
import { readSubmission, submissionDigest } from '../../submissions/submission.ts';
import { submit } from '../../submissions/submit.ts';
import { temporaryFolder, tiny } from '../data/tiny.ts';
import { method, smallTask, TEST_IMAGES, TRAIN_IMAGES } from './small.ts';

/** Probabilities are 32-bit floats. */
const FLOAT32 = 1e-6;

const rowsOf = (count: number): Uint32Array => Uint32Array.from({ length: count }, (_, row) => row);

/** Members that are right with these probabilities, independently, on images of three classes. */
function fittingOf(rights: readonly number[], count = 600): Fitting {
  const stream = random(3, 'blend');
  const labels = Array.from({ length: count }, (_, row) => row % 3);
  const members = rights.map((right) => {
    const member = new Float32Array(count * 3).fill(0.15);
    for (const [row, label] of labels.entries()) {
      const said = stream.float() < right ? label : (label + 1 + stream.integer(2)) % 3;
      member[row * 3 + said] = 0.7;
    }
    return member;
  });
  return { members, labels, classes: 3, metric: 'accuracy' };
}

function logLossOf(fitting: Fitting, weights: Float64Array): number {
  const { labels, classes } = fitting;
  const all = blended('weights', fitting, weights, rowsOf(labels.length));
  let sum = 0;
  for (let row = 0; row < labels.length; row += 1) sum -= Math.log(all[row * classes + labels[row]]);
  return sum / labels.length;
}

const columns = ['p, q', 'r', 's'];
for (const [names, header] of [
  ['columns of the competition with a comma', 'ImageId,"p, q",r,s'],
  ['columns of the competition in quotes', '"ImageId","p, q","r","s"'],
  ['names of classes', 'ImageId,a,b,c'],
  ['names of classes in quotes', '"ImageId","a","b","c"'],
] as const) {
  test(`a table is blended, and read as a submission, with ${names}`, async (t) => {
    const file = join(await temporaryFolder(t), 'table.csv');
    await writeFile(file, `${header}\n2,0.5,0.25,0.25\n1,0,0.75,0.25\n`);
    const competition = { ...tiny, submission: { ...tiny.submission, probabilities: { columns } } };
    const images = { competition, loaded: loadOnce(competition), testIds: ['1', '2'], trainIds: [] };
    const { test: probabilities } = await loadMember({ file }, images);
    t.deepEqual([...probabilities], [0, 0.75, 0.25, 0.5, 0.25, 0.25]);
    t.deepEqual([...(await readSubmission(file, competition)).probabilities!], [0.5, 0.25, 0.25, 0, 0.75, 0.25]);
  });
}

test('a mean and a geometric mean are what their names say', (t) => {
  const members = [Float32Array.of(0.9, 0.1, 0.5, 0.5), Float32Array.of(0.5, 0.5, 0, 1)];
  const fitting: Fitting = { members, labels: [0, 1], classes: 2, metric: 'accuracy' };
  const weights = blendWeights('mean', fitting, rowsOf(2));
  t.deepEqual([...weights], [0.5, 0.5]);
  const near = (found: Float32Array, expected: readonly number[]): boolean =>
    expected.every((value, i) => Math.abs(value - found[i]) < FLOAT32);
  t.true(near(blended('mean', fitting, weights, rowsOf(2)), [0.7, 0.3, 0.25, 0.75]));
  // √(.9 · .5) : √(.1 · .5) = 3 : 1, and a zero counts as 1e-7.
  const [a, b] = [Math.sqrt(0.5e-7), Math.sqrt(0.5)];
  t.true(near(blended('geometric', fitting, weights, rowsOf(2)), [0.75, 0.25, a / (a + b), b / (a + b)]));
});

test('fitted weights are those of the least log loss on the simplex, as a fine grid finds them', (t) => {
  const fitting = fittingOf([0.8, 0.6, 0.7]);
  const weights = blendWeights('weights', fitting, rowsOf(600));
  t.true(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-12);
  const least = logLossOf(fitting, weights);
  for (let i = 0; i <= 20; i += 1) {
    for (let j = 0; i + j <= 20; j += 1) {
      const other = logLossOf(fitting, Float64Array.of(i / 20, j / 20, (20 - i - j) / 20));
      t.true(least <= other + FLOAT32, `${i} ${j}`);
    }
  }
  // A member that is right is worth more than one that guesses.
  const [good, bad] = blendWeights('weights', fittingOf([0.9, 0.34]), rowsOf(600));
  t.true(good > 0.8 && bad < 0.2);
});

test('the temperature of a member makes it as sure as it is right', (t) => {
  const [count, classes] = [4000, 3];
  const stream = random(4, 'temperature');
  const labels: number[] = [];
  const right = new Float32Array(count * classes);
  for (let row = 0; row < count; row += 1) {
    const own = Array.from({ length: classes }, () => stream.float() ** 3 + 0.01);
    const sum = own.reduce((total, value) => total + value, 0);
    right.set(
      own.map((value) => value / sum),
      row * classes,
    );
    // Drawn by these probabilities, so that they are right.
    const drawn = stream.float() * sum;
    labels.push(drawn < own[0] ? 0 : drawn < own[0] + own[1] ? 1 : 2);
  }
  const [unsure, sure] = [0.6, 2].map((temperature) => atTemperature(right, 1 / temperature, classes));
  const guess = new Float32Array(count * classes).fill(1 / 3);
  const members = [right, unsure, sure, guess];
  const fitting: Fitting = { members, labels, classes, metric: 'accuracy' };
  const found = temperaturesOf(fitting, rowsOf(count));
  for (const [k, expected] of [1, 0.6, 2].entries()) t.true(Math.abs(found[k] / expected - 1) < 0.1, `${found[k]}`);
  const back = atTemperature(unsure, 0.6, classes);
  t.true(back.every((p, i) => Math.abs(p - right[i]) < 1e-5));
  t.is(atTemperature(right, 1, classes), right);
  t.true(atTemperature(guess, found[3], classes).every((p) => Math.abs(p - 1 / 3) < FLOAT32));
  // A member that is always right has the lowest temperature, and finite numbers.
  const certain = Float32Array.from({ length: count * classes }, (_, i) =>
    Number(labels[Math.floor(i / classes)] === i % classes),
  );
  const [lowest] = temperaturesOf({ ...fitting, members: [certain] }, rowsOf(count));
  t.true(Math.abs(lowest - 0.25) < 1e-3, `${lowest}`);
  t.true(atTemperature(certain, lowest, classes).every((p) => p >= 0 && p <= 1));
});

test('only the rows that are given are looked at', (t) => {
  const fitting = fittingOf([0.8, 0.6]);
  const half = Uint32Array.from({ length: 300 }, (_, i) => 2 * i);
  const changed = {
    ...fitting,
    members: fitting.members.map((member) => member.map((value, i) => (Math.floor(i / 3) % 2 === 1 ? 1 / 3 : value))),
  };
  for (const way of ['weights', 'greedy'] as const) {
    t.deepEqual(blendWeights(way, fitting, half), blendWeights(way, changed, half));
  }
});

test('greedy selection takes the best member first, others as they help, and is never worse than the best', (t) => {
  const fitting = fittingOf([0.8, 0.75, 0.34]);
  const rows = rowsOf(600);
  const accuracy = (probabilities: Float32Array): number =>
    fitting.labels.length -
    Array.from({ length: 600 }, (_, row) => {
      const own = probabilities.subarray(row * 3, (row + 1) * 3);
      return Number(own.indexOf(Math.max(...own)) !== fitting.labels[row]);
    }).reduce((sum, wrong) => sum + wrong, 0);
  const weights = blendWeights('greedy', fitting, rows);
  t.true(Math.abs(weights.reduce((sum, weight) => sum + weight, 0) - 1) < 1e-12);
  t.true(accuracy(blended('greedy', fitting, weights, rows)) >= Math.max(...fitting.members.map(accuracy)));
  t.deepEqual([...blendWeights('greedy', fittingOf([0.99, 0.34]), rows)], [1, 0]);
  const byLoss = blendWeights('greedy', { ...fittingOf([0.8, 0.6, 0.7]), metric: 'log-loss' }, rows);
  const fitted = blendWeights('weights', fittingOf([0.8, 0.6, 0.7]), rows);
  t.true(byLoss.every((weight, k) => Math.abs(weight - fitted[k]) < 0.1));
});

const pool = createPool(2);
test.after.always(() => pool.destroy());

/** Rounding error of the difference of two accuracies, which are sums in another order. */
const ROUNDING = 1e-12;

/** A run of one method, and the task to average it. */
async function trained(t: ExecutionContext, id: MethodName): Promise<AverageTask & { dataDir: string }> {
  const task = { ...(await smallTask(t)), methods: [method(id, { snapshots: 3 })], epochs: 3 };
  const { methods } = await submit(pool, task);
  return { ...task, from: await readRun(methods[id].run) };
}

test('the average of a run is the mean of its solutions, scored and recorded like a submission', async (t) => {
  const task = await trained(t, 'snapshot');
  const { record, solutions } = task.from;
  const { from, method: id, result, comparison } = await averageRun(pool, task);
  t.deepEqual([from, id], [record.id, 'snapshot-average']);

  const own = await readRun(result.run);
  t.is(own.record.configuration.method, 'snapshot-average');
  t.is(own.record.configuration.paramsFrom, `solutions of run ${record.id}`);
  t.deepEqual(own.record.scores, { train: result.train, outOfFold: result.outOfFold, test: result.test });
  t.deepEqual([result.outOfFold.n, result.test?.n], [TRAIN_IMAGES, TEST_IMAGES]);
  for (const [fold, [average, ...others]] of own.solutions.entries()) {
    t.is(others.length, 0);
    t.deepEqual(average.weights, averageWeights(solutions[fold].map(({ weights }) => weights)));
    for (const { statistics } of solutions[fold]) t.notDeepEqual(average.statistics, statistics);
  }
  t.is(submissionDigest(await readFile(result.submission)), result.sha256);

  const [{ first, second, outOfFold }] = comparison.pairs;
  t.deepEqual([first, second], ['snapshot-average', 'snapshot']);
  const expected = result.outOfFold.accuracy - record.scores.outOfFold.accuracy;
  t.true(Math.abs(outOfFold.difference - expected) <= ROUNDING, `${outOfFold.difference} is not ${expected}`);
});

test('a run with one solution of each fold has nothing to average', async (t) => {
  await t.throwsAsync(averageRun(pool, await trained(t, 'plain')), {
    instanceOf: UserError,
    message:
      /: expected a run that kept several networks of each fold, got one of plain that kept one in \d+ epochs\. Train fge/,
  });
});

test('a run is not averaged on other images than its own', async (t) => {
  const task = await trained(t, 'snapshot');
  await writeSyntheticDigits(task.dataDir, { train: TRAIN_IMAGES + 20, test: TEST_IMAGES });
  await t.throwsAsync(averageRun(pool, task), {
    instanceOf: UserError,
    message: /of 100 images of fold \d to be predicted right, as the run did, got \d+ of 110\. Use the images/,
  });
});
