import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { meantBy } from '../../cli/names.ts';
import { findRun, findRunsAlike } from '../../cli/runs.ts';
import { csvOf, recordRun } from '../submissions/runs.ts';

const folder = mkdtempSync(join(tmpdir(), 'runs-'));
const before = process.cwd();
let ids: string[] = [];

test.before(async () => {
  process.chdir(folder);
  for (const [method, day] of [
    ['swa', '01'],
    ['plain', '02'],
    ['swa', '03'],
    ['fge-average', '04'],
  ] as const) {
    const startedAt = `2026-01-${day}T03:04:05Z`;
    await recordRun('runs', { method, startedAt, file: join(folder, 'out.csv'), csv: csvOf([1, 2]) });
  }
  ids = readdirSync('runs').toSorted();
  // A run that cannot be read, newer than all others.
  mkdirSync('runs/20260105T030405Z-digit-recognizer-swa-0badcafe');
  writeFileSync('runs/20260105T030405Z-digit-recognizer-swa-0badcafe/record.json', '{');
});
test.after.always(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

test.serial('a run is meant by its id, its method, a part of its name or its folder', async (t) => {
  const [first, second, third, fourth] = ids;
  for (const [name, id] of [
    [first, first],
    ['swa', third],
    ['plain', second],
    ['fge-average', fourth],
    ['20260101', first],
    [second.slice(-8), second],
  ]) {
    t.is(await findRun(name), join('runs', id), name);
  }
  t.is(await findRun('./elsewhere/run'), './elsewhere/run');
});

test.serial('a name that means no run, or several, is told what there is', async (t) => {
  const sentence = async (name: string): Promise<string> =>
    (await t.throwsAsync(findRun(name), { name: 'UserError' })).message;
  // Short names as lists show them, and the whole folder where the record cannot be read.
  const names = ids.slice(-2).map((id) => /(swa|fge-average)-[0-9a-f]{8}$/.exec(id)![0]);
  const newest = `${names.join(', ')}, 20260105T030405Z-digit-recognizer-swa-0badcafe`;
  t.is(
    await sentence('2026'),
    `Expected "2026" to be a part of the name of one run, got 5 runs: ${newest} and others. Type more of the name.`,
  );
  t.is(
    await sentence('other'),
    'runs: expected a run whose name contains "other", found none. ' +
      `Name a run, a method or a folder; the newest: ${newest}.`,
  );
  t.is(
    await sentence('snapshot'),
    'runs: expected a run of snapshot, found none. Train one: npm run submit -- --method snapshot',
  );
});

test('a name is its own, or all that have it as a part', (t) => {
  t.deepEqual(meantBy('a', ['ab', 'a', 'ba']), ['a']);
  t.deepEqual(meantBy('b', ['ab', 'a', 'ba']), ['ab', 'ba']);
  t.deepEqual(meantBy('c', ['ab', 'a', 'ba']), []);
});

test.serial('methods mean their newest runs of one competition and model', async (t) => {
  const place = mkdtempSync(join(tmpdir(), 'runs-'));
  process.chdir(place);
  try {
    for (const [competition, method, day] of [
      ['mnist', 'swa', '01'],
      ['mnist', 'plain', '02'],
      ['fashion-mnist', 'swa', '03'],
      ['cifar-10', 'plain', '04'],
      ['fashion-mnist', 'ema', '05'],
    ] as const) {
      const startedAt = `2026-01-${day}T03:04:05Z`;
      await recordRun('runs', { competition, method, startedAt, file: join(place, 'out.csv'), csv: csvOf([1, 2]) });
    }
    const days = async (names: readonly string[], competition?: string): Promise<string[]> =>
      (await findRunsAlike(names, competition)).map((run) => run.slice('runs/202601'.length, 'runs/20260101'.length));
    t.deepEqual(await days(['swa', 'plain']), ['01', '02']);
    t.deepEqual(await days(['swa']), ['03']);
    t.deepEqual(await days(['swa', 'ema']), ['03', '05']);
    t.deepEqual(await days(['swa'], 'mnist'), ['01']);
    // A run that is named says of what competition the others are.
    t.deepEqual(await days(['20260102', 'swa']), ['02', '01']);
    const refused = async (...words: Parameters<typeof findRunsAlike>): Promise<string> =>
      (await t.throwsAsync(findRunsAlike(...words), { name: 'UserError' })).message;
    t.is(
      await refused(['ema', 'plain']),
      'runs: expected runs of ema and plain of one competition and model, found ema on fashion-mnist with digit-cnn; ' +
        'plain on cifar-10 with digit-cnn; plain on mnist with digit-cnn. ' +
        'Train what is missing (npm run submit -- --method ema,plain), or name runs after --run.',
    );
    t.regex(await refused(['swa', 'plain'], 'cifar-10'), /expected runs of swa and plain on cifar-10, found plain on/);
    t.regex(
      await refused(['20260102', 'ema']),
      /submit -- --competition [a-z0-9-]+ --model digit-cnn --method ema\), or name runs/,
    );
    t.regex(await refused(['swa'], 'cifar-10'), /expected runs of swa on cifar-10, found none\./);
    t.regex(await refused(['swa', 'sam']), /expected a run of sam, found none\./);
  } finally {
    process.chdir(folder);
    rmSync(place, { recursive: true });
  }
});
