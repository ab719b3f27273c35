import test from 'ava';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { planText } from '../../cli/budget/text.ts';
import { runIn } from './in-process.ts';
import { sharedProject, start } from './process.ts';

const { folder, data } = sharedProject();
const submit = (...words: string[]) => runIn(folder, ['submit', ...data, ...words]);

/** Members of a few steps, of which all have all of their epochs within minutes. */
const recipe = {
  about: 'For tests.',
  folds: 4,
  trainFolds: 2,
  members: [
    { name: 'early', model: 'digit-cnn', epochs: { least: 1, most: 2 } },
    { name: 'dense', model: 'mlp', epochs: { least: 1, most: 3 } },
    { name: 'last', model: 'digit-cnn', parameters: { learningRate: 0.01 }, epochs: { least: 1, most: 2 } },
  ],
};

test.before(() => writeFile(join(folder, 'mine.json'), JSON.stringify(recipe)));

const csv = async (name: string, method: string): Promise<string> =>
  readFile(join(folder, `submissions/synthetic-digits/${name}/${method}.csv`), 'utf8');

test.serial('a dry run shows the plan, and trains nothing', async (t) => {
  const planned = ['--budget', '1m', '--recipe', 'mine.json', '--dry-run', '--workers', '1'];
  const shown = await submit(...planned);
  t.is(shown.code, 0, shown.stderr);
  t.regex(shown.stdout, / early +digit-cnn +plain +2 of 4 +2 /);
  t.regex(shown.stderr, /Recipe: mine\. For tests\.\n/);
  const { stdout } = await submit(...planned, '--json', '-q');
  const { members, trainFolds, seed } = JSON.parse(stdout);
  t.deepEqual([members.map((member: { epochs: number }) => member.epochs), trainFolds, seed], [[2, 3, 2], 2, 1]);
  t.deepEqual(await readdir(join(folder, 'runs')), ['reports']);
});

test('a plan for which no time is left has no table', (t) => {
  const plan = { trainFolds: 1, members: [], leftOut: [{ name: 'deep', seconds: 6, left: 4 }] };
  t.is(planText(plan, 10), 'deep is left out: it takes at least 6.0 s, and 4.0 s are left for it.');
});

test.serial('the members are runs, each blend is one, and the latest submission is the best of them', async (t) => {
  const { code, stdout, stderr } = await submit(
    '--budget',
    '2m',
    '--recipe',
    'mine.json',
    '--name',
    'all',
    '--json',
    '--tag',
    'mine',
  );
  t.is(code, 0, stderr);
  const { parts, best, sentence } = JSON.parse(stdout);
  const names = parts.map((part: { name: string }) => part.name);
  t.deepEqual(names, ['all-early', 'all-dense', 'all-last', 'all-blend-2', 'all-blend-3']);
  const scores = parts.map((part: { outOfFold: { accuracy: number } }) => part.outOfFold.accuracy);
  t.is(parts.findLast(({ outOfFold }: (typeof parts)[0]) => outOfFold.accuracy === Math.max(...scores)).name, best);
  const method = best.includes('blend') ? 'blend' : 'plain';
  t.is(await csv('latest', method), await csv(best, method));
  t.regex(
    sentence,
    /all-blend-3.* its best member all-(early|dense|last): [+−]\d+\.\d\d ± \d+\.\d\d points out of fold/,
  );
  const runs = JSON.parse((await runIn(folder, ['runs', 'list', '--json', '-q'])).stdout).runs;
  t.is(runs.filter(({ tags }: { tags: string[] }) => tags.includes('mine') && tags.includes('budget-2m')).length, 5);
  // Nothing is left to go on with.
  t.deepEqual(await readdir(join(folder, 'runs/interrupted')).catch(() => []), []);
  const again = await submit('--budget', '2m', '--recipe', 'mine.json', '--name', 'all', '-q');
  t.regex(again.stderr, /all-early: expected a name that no submit has/);
});

test.serial('the plan that a run keeps trains the same bytes again, without a budget', async (t) => {
  const runs = await readdir(join(folder, 'runs'));
  const blends = runs.filter((name) => name.includes('-blend-')).toSorted();
  const { code, stderr } = await submit(
    '--recipe',
    join('runs', blends.at(-1), 'recipe.json'),
    '--name',
    'again',
    '--workers',
    '1',
    '-q',
  );
  t.is(code, 0, stderr);
  for (const [name, method] of [
    ['early', 'plain'],
    ['last', 'plain'],
    ['blend-3', 'blend'],
  ]) {
    t.is(await csv(`again-${name}`, method), await csv(`all-${name}`, method), name);
  }
});

test.serial(
  'a submit that was killed goes on with what is left of its budget, with the same bytes in the end',
  async (t) => {
    const words = ['submit', ...data, '--budget', '3m', '--recipe', 'mine.json', '--name', 'killed', '--workers', '1'];
    await start(folder, words, {}, { signal: 'SIGKILL', at: 'Last: digit-cnn' }).ended;
    // What there was before is a valid submission.
    const names = await readdir(join(folder, 'submissions/synthetic-digits/latest'));
    const latest = names.find((name) => /^(blend|plain)\.csv$/.test(name));
    t.is((await csv('latest', basename(latest!, '.csv'))).length, (await csv('all-early', 'plain')).length);
    // What is left is shown, also by a dry run, which leaves it as it is.
    const dry = await runIn(folder, [...words, '--dry-run']);
    t.is(dry.code, 0, dry.stderr);
    t.regex(dry.stderr, /\nGoing on: \S+ s of 3m used before, early, dense trained, last begun\./);
    t.regex(dry.stdout, /^ last +digit-cnn/m);
    // A state that cannot be read is not thrown away.
    const [kept] = await readdir(join(folder, 'runs/interrupted'));
    const state = join(folder, 'runs/interrupted', kept, 'state.json');
    const content = await readFile(state, 'utf8');
    await writeFile(state, content.slice(0, 100));
    const damaged = await runIn(folder, [...words, '-q']);
    t.is(damaged.code, 2);
    t.regex(damaged.stderr, /state\.json: .* What was trained is in runs\. --restart begins anew, with another --name/);
    await writeFile(state, content);
    const run = join(folder, JSON.parse(content).trained[0].run);
    await rename(run, `${run}-away`);
    const gone = await runIn(folder, [...words, '-q']);
    t.is(gone.code, 2);
    t.regex(
      gone.stderr,
      /^Expected the runs that this budget has made so far, got none in runs\/.*: it was deleted or damaged\./,
    );
    await rename(`${run}-away`, run);
    const { code, stderr, stdout } = await runIn(folder, [...words, '--json']);
    t.is(code, 0, stderr);
    // Its own measurement would take time from the members.
    t.notRegex(stderr, /\nSpeeds: /);
    t.regex(
      stderr,
      /\nGoing on: \S+ s of 3m used before, early, dense trained, last begun\. --restart begins anew\.\n/,
    );
    t.notRegex(stderr, /Training plain.*\n.*early of the recipe/);
    const { seconds, parts } = JSON.parse(stdout);
    t.is(parts.length, 5);
    t.true(seconds > parts.reduce((sum: number, part: { seconds: number }) => sum + part.seconds, 0));
    t.is(await csv('killed-blend-3', 'blend'), await csv('all-blend-3', 'blend'));

    // It was killed after it had taken up a finished member, and before it noted that none is begun.
    const before = JSON.parse(content);
    const last = (await readdir(join(folder, 'runs'))).find((id) => {
      const record = join(folder, 'runs', id, 'record.json');
      return existsSync(record) && JSON.parse(readFileSync(record, 'utf8')).name === 'killed-last';
    });
    const twice = { ...before, trained: [...before.trained, { ...before.current, run: `runs/${last}`, seconds: 1 }] };
    await mkdir(dirname(state), { recursive: true });
    await writeFile(state, JSON.stringify(twice));
    const again = await runIn(folder, [...words, '--json']);
    t.is(again.code, 0, again.stderr);
    t.is(JSON.parse(again.stdout).parts.length, 5);
  },
);

test.serial('a member that diverges is left out with a sentence, and the others are trained', async (t) => {
  const [early, dense] = [
    { name: 'wild', model: 'mlp', parameters: { learningRate: 1e5 }, epochs: 2 },
    { name: 'calm', model: 'mlp', epochs: 1 },
  ];
  await writeFile(join(folder, 'wild.json'), JSON.stringify({ ...recipe, members: [early, dense] }));
  const { code, stderr, stdout } = await submit('--recipe', 'wild.json', '--json');
  t.is(code, 0, stderr);
  t.regex(stderr, /\nwild is left out\. plain: .* diverged in epoch /);
  t.deepEqual(
    JSON.parse(stdout).parts.map(({ name }: { name: string }) => name),
    ['plan-calm'],
  );
});

test('what a recipe decides is not given beside it, and a dry run needs a budget', async (t) => {
  const refused = async (words: readonly string[], sentence: RegExp): Promise<void> => {
    const { code, stderr } = await submit(...words, '-q');
    t.is(code, 2);
    t.regex(stderr, sentence);
  };
  await refused(
    ['--budget', '20m', '--model', 'mlp'],
    /Expected --budget or --recipe without --model, since the recipe decides it/,
  );
  await refused(['--recipe', 'mine.json', '--pseudo-labels'], /without --pseudo-labels, which recipes do not have\./);
  await refused(['--recipe', 'mine.json'], /Expected --budget beside --recipe mine\.json, which leaves open how long/);
  await refused(['--dry-run'], /Expected --budget beside --dry-run, got it alone/);
  await refused(['--budget', '50ms'], /Expected --budget to be a time such as 90s, 30m or 1h30m/);
  await refused(
    ['--budget', '1s', '--dry-run'],
    /Expected a --budget of at least about \S+ for the recipe digits on this machine, got 1s/,
  );
});
