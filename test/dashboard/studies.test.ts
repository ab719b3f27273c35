import { mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import type { Happening, StudyAnswer } from '../../dashboard/api.ts';
import { silentServer } from '../helpers/silent-server.ts';
import { StudyReader } from '../../dashboard/server/studies.ts';
import { makeStudy } from './dashboard.ts';
import { newOwner } from '../../base/owner.ts';
import { trialsOf } from '../../dashboard/page/page-trial.ts';
import { columnsOf } from '../../dashboard/server/trial-columns.ts';
import type { FrozenTrial } from '../../search/index.ts';
import { longTrial, makeLongStudy } from './long-study.ts';
import { UserError } from '../../base/user-error.ts';
import { commandsOf } from '../../dashboard/server/trial-commands.ts';

test('a database that does not answer is told in a sentence, and keeps nobody waiting', async (t) => {
  const { port } = await silentServer(t);
  const told: Happening[] = [];
  const reader = new StudyReader(
    `postgres://me:S3CRETPW@127.0.0.1:${port}/db`,
    { add: (happening: Happening) => void told.push(happening) },
    10,
  );
  await reader.refresh();
  t.regex(reader.problem ?? '', /^postgres:\/\/me\S*@127\.0\.0\.1:\d+\/db has not answered for 0\.0 s: check that /);
  t.notRegex(reader.problem ?? '', /S3CRETPW/);
  t.deepEqual(told, [{ kind: 'studies' }]);
  await reader.refresh();
  t.deepEqual(told, [{ kind: 'studies' }], 'what is known already is not told again');
  t.throws(() => reader.find('a'), { message: /^Unknown study "a"\. postgres:.* has not answered/ });
  await reader.close();
});

test('a long study in a file is waited for, and others go on while it is read', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'studies-'));
  const storage = join(folder, 'studies.db');
  await makeLongStudy(storage, 'long', 5_000);
  const reader = new StudyReader(storage, { add: () => {} }, 1);
  t.teardown(async () => {
    await reader.close();
    rmSync(folder, { recursive: true });
  });
  let turns = 0;
  const others = setInterval(() => (turns += 1), 0);
  await reader.refresh();
  clearInterval(others);
  t.is(reader.problem, null);
  t.is(reader.find('long').trials.length, 5_000);
  // It is read in parts of 1,000 trials.
  t.true(turns >= 3, `${turns}`);
});

test('a store that was deleted is told, and one in its place is read from its beginning, whatever it has', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'studies-'));
  const [storage, other] = [join(folder, 'studies.db'), join(folder, 'other.db')];
  const told: Happening[] = [];
  const reader = new StudyReader(storage, { add: (happening: Happening) => void told.push(happening) });
  t.teardown(async () => {
    await reader.close();
    rmSync(folder, { recursive: true });
  });
  const remove = (): void => {
    for (const name of readdirSync(folder)) if (name.startsWith('studies.db')) rmSync(join(folder, name));
  };
  const counts = async (): Promise<[string, number][]> => {
    await reader.refresh();
    return reader.summaries.map(({ definition }) => [definition.name, reader.find(definition.name).trials.length]);
  };
  await makeStudy(storage, 'parabola', 3);
  t.deepEqual(await counts(), [['parabola', 3]]);
  const [before] = reader.find('parabola').trials;
  const { revision } = reader.find('parabola').summary;
  remove();
  await counts();
  t.regex(reader.problem ?? '', /There is no study file .*studies\.db: run a search first/);
  // The same name, and more changes than were seen of the first.
  await makeStudy(other, 'parabola', 5);
  renameSync(other, storage);
  told.length = 0;
  t.deepEqual(await counts(), [['parabola', 5]]);
  t.is(reader.problem, null);
  t.not(reader.find('parabola').trials[0].createdAt, before.createdAt);
  t.is(reader.changedSince('parabola', revision).length, 5);
  t.deepEqual(
    told.map(({ kind }) => kind),
    ['study', 'studies'],
  );
  // Replaced between two looks.
  await makeStudy(other, 'young', 1);
  remove();
  renameSync(other, storage);
  await counts();
  t.deepEqual(await counts(), [['young', 1]]);
});

// Trials on their way from the server to the page.
const received = (trials: readonly FrozenTrial[], owners = new Map()) =>
  trialsOf(JSON.parse(JSON.stringify({ trials: columnsOf(trials, owners) })) as StudyAnswer);

test('the page has the trials as they were, whatever parameters each of them has', (t) => {
  const owner = newOwner();
  const plain = longTrial(0);
  const hostile: FrozenTrial = {
    ...longTrial(9),
    params: Object.fromEntries([
      ['__proto__', 1],
      ['none', null],
      ['on', false],
    ]),
    distributions: {},
  };
  const running: FrozenTrial = {
    ...longTrial(2),
    state: 'RUNNING',
    value: null,
    finishedAt: null,
    intermediateValues: { 0: 0.5, 1: 0.25 },
  };
  const waiting: FrozenTrial = { ...longTrial(4), state: 'WAITING', value: null, params: {}, startedAt: null };
  const diverged: FrozenTrial = { ...running, number: 5, intermediateValues: { 0: 0.5, 1: NaN } };
  const bound: FrozenTrial = { ...longTrial(6), values: [0.5, 2], constraints: { over: -1, unknown: NaN } };
  const sent = [plain, hostile, running, waiting, diverged];
  const trials = received(sent, new Map([[2, owner]]));
  for (const [i, { number, state, value, params, distributions, startedAt, finishedAt }] of sent.entries()) {
    t.like(trials[i], { number, state, value, startedAt, finishedAt });
    t.deepEqual(Object.entries(trials[i].params), Object.entries(params));
    t.deepEqual(trials[i].distributions, distributions);
  }
  const [first, last] = received([plain, bound]);
  t.deepEqual([first.values, first.constraints], [undefined, undefined]);
  t.deepEqual([last.values, last.constraints], [bound.values, bound.constraints]);
  t.deepEqual(
    trials.map(({ steps, lastValue }) => [steps, lastValue]),
    [
      [5, null],
      [5, null],
      [2, 0.25],
      [5, null],
      [2, null],
    ],
  );
  t.deepEqual(
    trials.map(({ process }) => process),
    [null, null, { host: owner.host, pid: owner.pid }, null, null],
  );
  t.deepEqual(
    trials.map(({ failure }) => failure),
    [null, 'fold 1 diverged', null, null, null],
  );
});

test('ten thousand trials share their distributions and are told in few bytes', (t) => {
  const trials = Array.from({ length: 10_000 }, (_, number) => longTrial(number));
  const columns = columnsOf(trials, new Map());
  t.is(columns.shape.known.length, 1);
  const bytesOfATrial = JSON.stringify(columns).length / trials.length;
  // Eight parameters of up to 19 digits, a value and two times.
  t.true(bytesOfATrial < 230, `${bytesOfATrial} bytes`);
  const [first, ...others] = received(trials);
  t.true(others.every(({ distributions }) => distributions === first.distributions));
});

// What the dashboard offers to be typed for a trial.
const task = {
  competition: 'digit-recognizer',
  model: 'digit-cnn',
  method: 'swa',
  engine: 'wasm',
  epochs: 3,
  folds: 2,
  fixed: {},
  images: '0',
};
const definition = { direction: 'maximize', seed: 1, space: null, sampler: 'tpe', pruner: 'none', lag: 1 } as const;

test('a trial of a search is trained by its study and number; names are quoted for a shell', (t) => {
  const params = { learningRate: 0.1, "it's": 'a b' };
  const trials = [
    { ...longTrial(0), params },
    { ...longTrial(1), params, state: 'FAIL' as const },
  ];
  const study = { definition: { ...definition, name: 'mine; rm', task }, trials };
  const of = '--competition digit-recognizer --model digit-cnn --method swa';
  t.deepEqual(
    commandsOf(study, 0, { storage: 'my runs/studies.db', dataDir: 'data/my set' }).map(({ command }) => command),
    [
      `npm run submit -- ${of} --data-dir 'data/my set' --study 'mine; rm' --trial 0 --storage 'my runs/studies.db'`,
      `npm run search -- ${of} --data-dir 'data/my set' --epochs 3 --folds 2 --seed 1 --sampler tpe --pruner none ` +
        String.raw`--name again-mine-rm-0 --storage 'my runs/studies.db' --enqueue '{"learningRate":0.1,"it'\''s":"a b"}'`,
      `npm run study -- best 'mine; rm' --trial 0 --storage 'my runs/studies.db'`,
    ],
  );
  t.is(commandsOf(study, 1, { storage: 'studies.db' }).length, 1);
  const elsewhere = commandsOf(study, 0, { storage: 'studies.db', dataDir: 'photos', dataDirOf: 'photos' });
  t.false(
    elsewhere.some(({ command }) => command.includes('--data-dir')),
    'the folder of another competition',
  );
  const front = { ...task, metric: 'log-loss', objectives: ['seconds' as const], constraints: ['weights<=100000'] };
  const name = `digits/${'long '.repeat(20)}`;
  const [, again] = commandsOf({ definition: { ...definition, name, task: front }, trials }, 0, { storage: 's.db' });
  t.true(again.command.includes(" --objective log-loss,seconds --constraint 'weights<=100000' "), again.command);
  t.regex(again.command, / --name again-(long-){8}-0 /);
  const other = { definition: { ...definition, name: 'other', task: null }, trials };
  t.deepEqual(
    commandsOf(other, 0, { storage: 'studies.db' }).map(({ command }) => command),
    ['npm run study -- best other --trial 0 --storage studies.db'],
  );
  t.deepEqual(commandsOf(other, 1, { storage: 'studies.db' }), []);
  t.throws(() => commandsOf(other, 2, { storage: 'studies.db' }), {
    instanceOf: UserError,
    message: /^Unknown trial 2/,
  });
});
