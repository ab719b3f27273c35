/** Searches that want more than a good score, and searches within bounds. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { UserError } from '../../base/user-error.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { createPool } from '../../pipeline/pool.ts';
import { readStudy } from '../../search/read-study.ts';
import { bestParameters, parseLimit, readTask, searchMethod, type SearchTask, studyName } from '../../tuning/index.ts';
import { digits } from '../pipeline/digits.ts';

const folder = mkdtempSync(join(tmpdir(), 'objectives-'));
const pool = createPool(1);
test.after.always(async () => {
  rmSync(folder, { recursive: true });
  await pool.destroy();
});

const images = digits(120);
const makeTask = async (changes: Partial<SearchTask> = {}): Promise<SearchTask> => ({
  competition: 'synthetic-digits',
  model: 'mlp',
  plan: await loadPlan('mlp', images.shape, 10),
  engine: 'simd',
  method: 'plain',
  images,
  trials: 4,
  workers: 1,
  epochs: 1,
  folds: 2,
  seed: 5,
  sampler: 'random',
  pruner: 'none',
  storage: join(folder, 'studies.db'),
  unsavedDir: join(folder, 'unsaved'),
  ...changes,
});

test('a search for accuracy, seconds and weights has a front, within what its trials must keep', async (t) => {
  const task = await makeTask({
    objectives: ['seconds', 'weights'],
    constraints: [parseLimit('accuracy>=0.09', 'it'), parseLimit('seconds <= 1e3', 'it')],
  });
  const { front, objectives, best } = await searchMethod(pool, task);
  t.deepEqual(objectives, ['accuracy', 'seconds', 'weights']);
  const { trials, definition } = await readStudy(task.storage, studyName(task));
  t.deepEqual(definition.directions, ['maximize', 'minimize', 'minimize']);
  t.deepEqual(readTask(definition)?.objectives, ['seconds', 'weights']);
  t.deepEqual(readTask(definition)?.constraints, ['accuracy>=0.09', 'seconds<=1000']);
  for (const { value, values, constraints } of trials) {
    const [accuracy, seconds, weights] = values!;
    t.is(value, accuracy);
    t.true(seconds > 0, `${seconds}`);
    t.is(weights, task.plan.weightCount);
    t.deepEqual(constraints, { 'accuracy>=0.09': 0.09 - accuracy, 'seconds<=1000': seconds - 1000 });
  }
  const feasible = trials.filter(({ value }) => value! >= 0.09);
  t.true(feasible.length > 0, `${feasible.length}`);
  t.is(best?.value, Math.max(...feasible.map(({ value }) => value!)));
  t.is(front?.[0].number, best?.number);
  const found = await bestParameters(task);
  t.is(found?.value, best?.value);
  const other = await bestParameters({ ...task, trial: 3 });
  t.deepEqual(await bestParameters({ ...task, trial: 3, study: studyName(task) }), other);
  await t.throwsAsync(bestParameters({ ...task, study: 'another' }), { message: /a study "another" of .* found none/ });
  t.is(other?.from, `trial 3 of study ${studyName(task)}`);
  t.is(trials[3].value, other?.value ?? null);
  await t.throwsAsync(bestParameters({ ...task, trial: 9 }), {
    instanceOf: UserError,
    message: /^Expected trial 9 of study /,
  });
});

test('a study is named by its objectives and constraints, and as before without them', async (t) => {
  const alone = studyName(await makeTask());
  t.is(studyName(await makeTask({ objectives: [], constraints: [] })), alone);
  const others = await Promise.all([
    makeTask({ objectives: ['seconds'] }),
    makeTask({ objectives: ['weights'] }),
    makeTask({ constraints: [parseLimit('seconds<=2', 'it')] }),
    makeTask({ constraints: [parseLimit('seconds<=3', 'it')] }),
  ]);
  t.is(new Set([alone, ...others.map((task) => studyName(task))]).size, 5);
});

test('a constraint on another metric than the score is refused before there is a study', async (t) => {
  const task = await makeTask({ storage: join(folder, 'none.db'), constraints: [parseLimit('log-loss<=1', 'it')] });
  await t.throwsAsync(searchMethod(pool, task), {
    instanceOf: UserError,
    message: 'Unknown measure "log-loss". Known: accuracy, seconds, weights.',
  });
  t.deepEqual([parseLimit('seconds<=60', 'it').missedBy(61), parseLimit('accuracy ≥ .9', 'it').missedBy(0.9)], [1, 0]);
});
