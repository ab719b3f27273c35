import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { UserError } from '../../base/user-error.ts';
import type { Experiment, Scale } from '../../experiments/experiment.ts';
import { checkExperiment } from '../../experiments/check.ts';
import { above, of } from '../../experiments/experiment.ts';
import { experiments } from '../../experiments/index.ts';
import { armTable, claimTable, json, markdown } from '../../experiments/report.ts';
import { type Result, runExperiment, type RunTask } from '../../experiments/run.ts';
import { sharedTrainings } from '../../experiments/shared-trainings.ts';
import { splitFor } from '../../experiments/split.ts';
import type { ArmOutcome } from '../../experiments/train-arm.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { createPool } from '../../pipeline/pool.ts';
import { temporaryFolder } from '../cli/process.ts';
import { digits, shape } from '../pipeline/digits.ts';

const scale: Scale = { train: 200, validation: 50, epochs: 2, seeds: 2 };

const experiment: Experiment = {
  question: 'Do three points average well?',
  sources: [],
  competition: 'synthetic-digits',
  model: 'digit-cnn',
  test: 100,
  parameters: { batchSize: 20, learningRate: 0.05, swaStart: 0 },
  arms: {
    plain: { method: 'plain', published: 90 },
    points: { method: 'swa-points', budget: 1.5, parameters: { swaCycle: 1 } },
    wild: { method: 'plain', parameters: { learningRate: 1e30 } },
  },
  measurements: ['members', 'path', 'second-order', 'sharpness'],
  claims: [{ says: 'Points are better', value: of('points'), relation: 'above', than: of('plain') }],
  full: scale,
  quick: scale,
  minutes: 1,
};

const task = async (folder: string): Promise<RunTask> => ({
  experiment,
  scale,
  source: { train: digits(400), test: null },
  plan: await loadPlan('digit-cnn', shape, 10),
  engine: 'simd',
  folder,
});

const withoutSeconds = (results: readonly Result[]) =>
  results.map(({ arm, seed, outcome: { seconds: _seconds, ...outcome } }) => ({ arm, seed, outcome }));

test('the networks of an arm share its epochs, differ from one another, and predict together', async (t) => {
  const pool = createPool(1);
  const arms = { plain: { method: 'plain' }, pair: { method: 'plain', budget: 2, networks: 2 } } as const;
  const own = { ...experiment, arms, measurements: ['members'], claims: [] } as const;
  const [plain, pair] = (
    await runExperiment(pool, {
      ...(await task(await temporaryFolder(t))),
      experiment: own,
      scale: { ...scale, seeds: 1 },
    })
  ).map(({ outcome }) => (outcome.status === 'done' ? outcome : t.fail('diverged')) as ArmOutcome & { status: 'done' });
  t.deepEqual(pair.curve, plain.curve, 'the first network is that of an arm with one');
  t.is(pair.metrics['accuracy'], pair.metrics['ensembleAccuracy']);
  t.true(pair.metrics['spread'] > 0, 'the second network is another one');
  t.not(pair.metrics['loss'], plain.metrics['loss']);
});

test('the results are the same for one worker and for two, and a second run trains nothing', async (t) => {
  const [one, two] = [createPool(1), createPool(2)];
  const [first, second] = [await temporaryFolder(t), await temporaryFolder(t)];
  const [ofOne, ofTwo] = await Promise.all([
    runExperiment(one, await task(first)),
    runExperiment(two, await task(second)),
  ]);
  t.deepEqual(withoutSeconds(ofOne), withoutSeconds(ofTwo));
  t.deepEqual(
    ofOne.map(({ arm, seed, outcome }) => [arm, seed, outcome.status]),
    [1, 2].flatMap((seed) => [
      ['plain', seed, 'done'],
      ['points', seed, 'done'],
      ['wild', seed, 'diverged'],
    ]),
  );

  // What was interrupted: one result is missing, another one was cut off.
  const [, damaged] = (await readdir(first)).toSorted();
  await writeFile(join(first, damaged), '{"digest": "');
  const kept: boolean[] = [];
  let work: object | undefined;
  const again = await runExperiment(two, await task(first), {
    onBegin: (found) => (work = found),
    onResult: (_result, wasKept) => kept.push(wasKept),
  });
  t.deepEqual(work, { epochs: 2, kept: ofOne.length - 1 });
  t.is(kept.filter(Boolean).length, ofOne.length - 1);
  t.deepEqual(withoutSeconds(again), withoutSeconds(ofOne));

  // Other settings are other results.
  const longer = await task(first);
  const fresh: boolean[] = [];
  await runExperiment(
    two,
    { ...longer, scale: { ...scale, epochs: 1, seeds: 1 } },
    { onResult: (_result, wasKept) => fresh.push(wasKept) },
  );
  t.false(fresh.includes(true));
  await Promise.all([one.destroy(), two.destroy()]);

  const finished = {
    ...longer,
    name: 'points',
    isQuick: true,
    machine: 'A machine, Node 24',
    results: ofOne,
  };
  const { header, rows } = armTable(finished);
  t.deepEqual([header[0], header.at(-1)], ['arm', 'published']);
  t.deepEqual(
    rows.map((cells) => [cells[0], cells.at(-1)]),
    [
      ['plain', '90.00'],
      ['points', '–'],
      ['wild', '–'],
    ],
  );
  t.regex(rows[0][1], /^\d+\.\d\d ± \d+\.\d\d \(2\)$/);
  t.regex(claimTable(finished).rows[0][1], / \(quick\)$/);
  t.regex(markdown(finished), /^## points\n[^]*wild, seed 1: diverged in epoch 1\./);
  t.like(json(finished), { experiment: 'points', quick: true, arms: { points: { epochs: 3 } } });
});

test('arms on one trajectory are trained once, and give what they give when each is trained by itself', async (t) => {
  const pool = createPool(2);
  const steady = { finalRate: 0.5, swaRate: 0.5, swaCycle: 0, schedule: 'linear' } as const;
  const seldom = { schedule: 'constant', momentum: 0.8, validateEvery: 2 } as const;
  const arms: Experiment['arms'] = {
    swa: { method: 'swa', parameters: { ...steady, swaStart: 0.5 } },
    points: { method: 'swa-points', parameters: { ...steady, swaStart: 0.5 } },
    longer: { method: 'swa', budget: 1.5, parameters: { ...steady, swaStart: 1 / 3 } },
    other: { method: 'swa', parameters: { ...steady, swaStart: 0.5, momentum: 0.5 } },
    falling: { method: 'plain', parameters: { schedule: 'cosine' } },
    wild: { method: 'plain', parameters: { schedule: 'constant', learningRate: 1e30 } },
    wilder: { method: 'plain', budget: 1.5, parameters: { schedule: 'constant', learningRate: 1e30 } },
    seldom: { method: 'plain', parameters: seldom },
    'seldom-soup': { method: 'soup', parameters: { ...steady, ...seldom, swaStart: 0, swaRate: 1 } },
    'seldom-ema': { method: 'ema', budget: 1.5, parameters: seldom },
  };
  let begun: number | undefined;
  const run = async (names: readonly string[], epochs: string[]): Promise<Result[]> => {
    const chosen = Object.fromEntries(Object.entries(arms).filter(([name]) => names.includes(name)));
    return runExperiment(
      pool,
      {
        ...(await task(await temporaryFolder(t))),
        experiment: { ...experiment, arms: chosen, claims: [] },
        scale: { ...scale, epochs: 4, seeds: 1 },
      },
      { onEpoch: (arm) => void epochs.push(arm), onBegin: (work) => void (begun ??= work.epochs) },
    );
  };
  const shared: string[] = [];
  const together = await run(Object.keys(arms), shared);
  t.deepEqual(shared.toSorted(), [
    ...Array(4).fill('falling'),
    ...Array(6).fill('longer'),
    ...Array(4).fill('other'),
    ...Array(6).fill('seldom-ema'),
  ]);
  t.deepEqual(
    sharedTrainings({ experiment: { ...experiment, arms }, scale: { ...scale, epochs: 4 } }, Object.keys(arms)),
    [['longer', 'swa', 'points'], ['wilder', 'wild'], ['seldom-ema', 'seldom', 'seldom-soup'], ['other'], ['falling']],
  );
  // Those of `wilder` that it does not come to are counted too.
  t.is(begun, shared.length + 6);
  const alone: Result[] = [];
  for (const name of Object.keys(arms)) alone.push(...(await run([name], [])));
  t.deepEqual(withoutSeconds(together), withoutSeconds(alone));
  await pool.destroy();
});

const wrong: readonly [Partial<Experiment>, RegExp][] = [
  [{ claims: [above('', of('plan'), of('points'))] }, /^Unknown arm of a claim "plan"\. Known: plain, points, wild\.$/],
  [{ claims: [above('', of('plain'), of('point'))] }, /^Unknown arm of a claim "point"/],
  [
    { claims: [above('', of('plain', 'acuracy'), 0.5)] },
    /^Unknown metric of a claim "acuracy"\. Known: accuracy, loss, trainAccuracy, .*, seconds\.$/,
  ],
  [{ sweep: { over: 'epochs', lines: { one: ['plain', 'swaa'] } } }, /^Unknown arm of the sweep "swaa"/],
  [{ arms: { '../plain': { method: 'plain' } }, claims: [] }, /^Expected the name of an arm to be .*"\.\.\/plain"\.$/],
  [
    { arms: { swa: { method: 'swa', parameters: { swaCycle: 50 } } }, claims: [] },
    /^swa: expected at least \d+ epochs, for two points to average/,
  ],
  [
    { arms: { short: { method: 'plain', budget: 0.1 } }, claims: [] },
    /^Expected arm short to have at least one epoch, got none\./,
  ],
  [
    { arms: { one: { method: 'plain', beside: { method: 'swa', parameters: { swaCycle: 50 } } } }, claims: [] },
    /^swa: expected at least \d+ epochs, for two points to average with/,
  ],
];

for (const [changes, message] of wrong) {
  test(`an experiment is refused before it trains: ${message.source}`, (t) => {
    t.throws(() => checkExperiment({ ...experiment, ...changes }, scale), { instanceOf: UserError, message });
  });
}

test('all experiments of the program hold, in full and quick', (t) => {
  for (const one of Object.values(experiments)) {
    for (const size of ['full', 'quick'] as const) t.notThrows(() => checkExperiment(one, one[size]));
  }
});

test('a seed trains, validates and is scored on different images, and the next one on others', (t) => {
  const source = { train: digits(400), test: null };
  const split = splitFor(experiment, scale, source, 1);
  const rows = [split.test, split.validation, split.train].map((part) => Array.from(part.rows));
  t.deepEqual(
    rows.map(({ length }) => length),
    [100, 50, 200],
  );
  t.is(new Set(rows.flat()).size, 350);
  t.notDeepEqual(splitFor(experiment, scale, source, 2), split);
  t.deepEqual(splitFor(experiment, { ...scale, train: 100 }, source, 1).test, split.test);
});

test('a labelled test file scores with all of its images', (t) => {
  const source = { train: digits(400), test: digits(30, 2) };
  const split = splitFor({ test: 'file' }, scale, source, 1);
  t.is(split.test.images, source.test);
  t.deepEqual([...split.test.rows], [...source.test.labels.keys()]);
});

test('too few images end in a sentence that says how many are needed', (t) => {
  const source = { train: digits(300), test: null };
  t.throws(() => splitFor(experiment, scale, source, 1), { message: /expected at least 350 images, got 300\./ });
});
