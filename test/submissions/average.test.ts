import { readFile } from 'node:fs/promises';
import test from 'ava';
import type { ExecutionContext } from 'ava';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { UserError } from '../../base/user-error.ts';
import { averageWeights } from '../../pipeline/collectors/swa.ts';
import type { MethodName } from '../../pipeline/methods/index.ts';
import { createPool } from '../../pipeline/pool.ts';
import { readRun } from '../../records/run.ts';
import { averageRun, type AverageTask } from '../../submissions/average.ts';
import { submissionDigest } from '../../submissions/submission.ts';
import { submit } from '../../submissions/submit.ts';
import { method, smallTask, TEST_IMAGES, TRAIN_IMAGES } from './small.ts';

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
