/** Objectives of a search, and the threads that train their folds. */
import test from 'ava';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Piscina } from 'piscina';
import { UserError } from '../../base/user-error.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import type { EpochMetrics, FoldRun } from '../../pipeline/index.ts';
import { createPool } from '../../pipeline/pool.ts';
import { readStudy } from '../../search/read-study.ts';
import { FoldCrew } from '../../tuning/fold-crew.ts';
import { bestParameters, parseLimit, readTask, searchMethod, type SearchTask, studyName } from '../../tuning/index.ts';
import { digits } from '../pipeline/digits.ts';

// Which folds are trained ahead of time, on a pool whose threads end when the test says so.

const poolOf = (maxThreads: number): Piscina => ({ options: { maxThreads } }) as Piscina;
const done = { status: 'done' } as FoldRun;
const epochOf = (epoch: number): EpochMetrics => ({ epoch }) as EpochMetrics;
const always = (): boolean => true;

interface Running {
  readonly name: string;
  readonly tell: (epoch: number) => boolean;
  readonly end: () => Promise<void>;
}

/** Trials whose folds run until they are ended. */
function trialsOf(crew: FoldCrew) {
  const running: Running[] = [];
  const enter = (trial: string, folds: readonly number[]) =>
    crew.enter(folds, async (fold, onEpoch) => {
      const { promise, resolve } = Promise.withResolvers<FoldRun>();
      const one: Running = {
        name: `${trial}${fold}`,
        tell: (epoch) => onEpoch(epochOf(epoch)),
        async end() {
          running.splice(running.indexOf(one), 1);
          resolve(done);
          // What waits for the fold goes on first.
          await new Promise(setImmediate);
        },
      };
      running.push(one);
      return promise;
    });
  return {
    enter,
    running,
    names: () => running.map(({ name }) => name),
    find: (name: string) => running.find((one) => one.name === name)!,
  };
}

test('eight workers with three trials all train, the oldest trial first', async (t) => {
  using crew = new FoldCrew(poolOf(8));
  const { enter, names, find } = trialsOf(crew);
  const trials = ['a', 'b', 'c'].map((name) => enter(name, [0, 1, 2, 3, 4]));
  for (const trial of trials) void trial.follow(0, always);
  t.deepEqual(names(), ['a0', 'b0', 'c0']);
  crew.setIdle(5);
  t.deepEqual(names(), ['a0', 'b0', 'c0', 'a1', 'a2', 'a3', 'a4', 'b1']);
  await find('a2').end();
  t.is(names().at(-1), 'b2');
  // A fold that its trial comes to is no longer ahead: the worker of the trial has it.
  await find('a0').end();
  void trials[0].follow(1, always);
  t.deepEqual(names().slice(-2), ['b2', 'b3']);
});

test('nothing is begun ahead where all workers have trials, or another search has the threads', (t) => {
  const pool = poolOf(2);
  using one = new FoldCrew(pool);
  using two = new FoldCrew(pool);
  const first = trialsOf(one);
  const second = trialsOf(two);
  void first.enter('a', [0, 1]).follow(0, always);
  t.deepEqual(first.names(), ['a0']);
  void second.enter('b', [0, 1]).follow(0, always);
  one.setIdle(1);
  t.deepEqual(first.names(), ['a0']);
});

test('the threads that one search leaves are filled by another', async (t) => {
  const pool = poolOf(2);
  using one = new FoldCrew(pool);
  using two = new FoldCrew(pool);
  const [first, second] = [trialsOf(one), trialsOf(two)];
  void first.enter('a', [0, 1]).follow(0, always);
  void second.enter('b', [0, 1]).follow(0, always);
  one.setIdle(1);
  await second.find('b0').end();
  t.deepEqual(first.names(), ['a0', 'a1']);
});

test('epochs of a fold that was begun ahead are held back, and may end it when the trial comes to it', async (t) => {
  using crew = new FoldCrew(poolOf(2));
  const { enter, find } = trialsOf(crew);
  const trial = enter('a', [0, 1, 2]);
  crew.setIdle(1);
  const ahead = find('a0');
  t.true(ahead.tell(0) && ahead.tell(1));
  const seen: number[] = [];
  const run = trial.follow(0, ({ epoch }) => seen.push(epoch) > 0);
  t.deepEqual(seen, [0, 1]);
  t.true(ahead.tell(2));
  t.deepEqual(seen, [0, 1, 2]);
  await ahead.end();
  t.is(await run, done);
  t.true(find('a1').tell(0));
  t.deepEqual(await trial.follow(1, () => false), { status: 'stopped' });
  t.false(find('a1').tell(1));
});

test('a trial that ends leaves no fold behind, and a fold that fails is told to its trial alone', async (t) => {
  using crew = new FoldCrew(poolOf(3));
  const { enter, find, names } = trialsOf(crew);
  {
    using trial = enter('a', [0, 1, 2]);
    crew.setIdle(2);
    void trial.follow(0, always);
    t.deepEqual(names(), ['a0', 'a1', 'a2']);
  }
  t.false(find('a1').tell(0) || find('a2').tell(0));
  for (const name of ['a0', 'a1', 'a2']) await find(name).end();
  using failing = crew.enter([0, 1], async (fold) => {
    throw new Error(`fold ${fold}`);
  });
  await t.throwsAsync(failing.follow(1, always), { message: 'fold 1' });
});

// Searches that want more than a good score, and searches within bounds.

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
