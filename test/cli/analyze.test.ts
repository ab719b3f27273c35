/** Analyses and experiments. */
import test from 'ava';
import { readFile, rm, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { defineCommand } from '../../cli/command.ts';
import { runOneExperiment } from '../../cli/experiments.ts';
import { shared } from '../../cli/options.ts';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { experiments } from '../../experiments/catalogue/index.ts';
import type { Experiment } from '../../experiments/index.ts';
import { runIn, runHere } from './in-process.ts';
import { filesIn, sharedProject, smallProject, start, temporaryFolder } from './process.ts';

const small = ['--data-dir', 'digits', '--images', '100'];
const five = ['--points', '5'];

const { folder: trained, data: trainedOn } = sharedProject();
test.serial.before(async (t) => {
  const submit = ['submit', ...trainedOn, '--folds', '2', '--epochs', '12', '-q', '--method', 'swa,plain,snapshot'];
  t.is((await runIn(trained, submit)).code, 0);
});

test.serial('planes, rays, lines, spectra, curves and trajectories of small runs', async (t) => {
  const analyze = async (...words: string[]) => {
    const { code, stdout, stderr } = await runIn(trained, ['analyze', ...words, ...small, '-q', '--json']);
    t.is(code, 0, stderr);
    const result = JSON.parse(stdout);
    const files = await filesIn(join(trained, result.folder));
    for (const name of ['index.html', 'result.json']) t.true(files.includes(name), name);
    // The dashboard takes a folder with a result but without findings for one of an early version.
    const written = async (name: string): Promise<number> => (await stat(join(trained, result.folder, name))).mtimeMs;
    t.true((await written('findings.json')) <= (await written('result.json')));
    for (const ending of ['.svg', '.png']) t.true(files.some((file) => file.endsWith(ending)));
    t.like(result, JSON.parse(await readFile(join(trained, result.folder, 'result.json'), 'utf8')));
    return result;
  };

  const plane = await analyze('plane', '--run', 'swa,plain,snapshot@1.2', ...five);
  t.is(plane.points.length, 25);
  t.deepEqual(
    plane.marks.map(({ name }: { name: string }) => name),
    ['SWA', 'plain', 'Snapshot', 'mean of three'],
  );
  t.like(plane.solutions[2], { fold: 1, solution: 2 });
  // If a run keeps several points, the plane goes through three of them, else along two random directions.
  t.is((await analyze('plane', '--run', 'snapshot', ...five)).marks.length, 4);
  t.is((await analyze('plane', '--run', 'snapshot@1.2', ...five)).marks.length, 1);

  const rays = await analyze('rays', '--rays', '2', ...five);
  t.deepEqual([rays.rays.length, rays.rays[0].length, rays.rays[0][0].length], [2, 2, 5]);
  t.deepEqual(rays.rays[0][0][0], rays.rays[0][1][0], 'all rays begin at the solution');

  const line = await analyze('line', '--points', '4');
  t.deepEqual(
    line.points.map(({ t: at }: { t: number }) => Number(at.toFixed(2))),
    [-0.5, 0, 0.17, 0.83, 1, 1.5],
  );

  const trajectory = await analyze('trajectory', ...five);
  t.true(trajectory.isSame);
  t.is(trajectory.path.length, 13);
  t.is(trajectory.compared.at(-1).epoch, 12);

  const [{ eigenvalues, name }] = (await analyze('spectrum', '--quick')).spectra;
  t.is(name, 'SWA');
  t.is(eigenvalues.length, 5);
  t.true(eigenvalues.every((value: number, k: number) => k === 0 || value <= eigenvalues[k - 1]));

  const curve = await analyze('curve', '--epochs', '2', ...five);
  t.deepEqual(
    curve.ways.map((way: { name: string }) => way.name),
    ['chord', 'bezier', 'polygonal'],
  );
});

test.serial('a plane that was killed goes on, and ends as if it had not been', async (t) => {
  const words = ['analyze', 'plane', '--run', 'swa', ...small, '--points', '9', '--json'];
  const killed = await start(trained, words, {}, { signal: 'SIGKILL', at: 'A coarse picture' }).ended;
  t.is(killed.code, null);
  const again = await runIn(trained, [...words, '--workers', '1']);
  t.is(again.code, 0, again.stderr);
  const { folder: place, points } = JSON.parse(again.stdout);
  await rm(join(trained, place), { recursive: true });
  t.deepEqual(JSON.parse((await runIn(trained, words)).stdout).points, points);
});

test.serial('names that mean no run, several, or the wrong ones end with one sentence', async (t) => {
  const say = async (...words: string[]): Promise<string> => sayIn(trained, ...words);
  const sayIn = async (place: string, ...words: string[]): Promise<string> => {
    const { code, stderr } = await runIn(place, ['analyze', ...words, '--data-dir', 'digits', '-q']);
    t.is(code, 2);
    t.is(stderr.trimEnd().split('\n').length, 1);
    return stderr;
  };
  const { folder: untrained } = await smallProject(t);
  t.regex(await sayIn(untrained, 'plane'), /^runs: expected a run of swa, found none\. Train one: npm run submit/);
  t.regex(await say('line', '--run', 'swa,plian'), /^runs: expected a run whose name contains "plian", found none\./);
  t.regex(
    await say('line', '--run', 'swa,synthetic'),
    /^Expected "synthetic" to be a part of the name of one run, got 3 runs: /,
  );
  t.regex(await say('line', '--run', 'swa@3,swa'), /expected a fold from 1 to 2 after @, got 3\./);
  t.regex(await say('line', '--run', 'swa@1.2,swa'), /expected a solution from 1 to 1 of fold 1, got 2\./);
  t.regex(await say('line', '--run', 'swa'), /^Expected --run to name two solutions, got 1\./);
  t.regex(
    await say('plane', '--run', 'swa@1,swa@2'),
    /^Expected at least 100 images that all of these runs were trained on, got 0/,
  );
  t.regex(await say('plane', '--run', 'swa,plain,swa'), /span a plane/);
  t.regex(await say('trajectory', '--run', 'plain,swa'), /^Expected --run to name one solution, .*, got 2\. Name one/);
  for (const words of ['--radius 2', '--directions unit']) {
    t.regex(
      await say('plane', '--run', 'swa,plain,snapshot', ...words.split(' ')),
      /^--(radius|directions) has no effect on a plane through several networks: leave it out, or name one network/,
    );
  }
  t.regex(await say('rays', '--run', 'swa,,swa'), /^Expected --run to be names separated by commas/);
});

test('list names every experiment with its question and minutes', async (t) => {
  const folder = await temporaryFolder(t);
  const { code, stdout } = await runIn(folder, ['experiment', 'list', '--json']);
  t.is(code, 0);
  const expected = Object.entries(experiments).map(([name, { question, minutes }]) => ({ name, question, minutes }));
  t.deepEqual(JSON.parse(stdout), { experiments: expected });
  t.regex((await runIn(folder, ['experiment', 'list'])).stdout, /\n swa-budgets +\d+ {3}Does SWA gain/);
});

test('an unknown experiment and missing data end with one sentence and leave nothing behind', async (t) => {
  const folder = await temporaryFolder(t);
  const unknown = await runIn(folder, ['experiment', 'swa-budget']);
  t.is(unknown.code, 2);
  t.is(unknown.stderr, "Unknown command 'swa-budget'. Did you mean swa-budgets?\n");
  const missing = await runIn(folder, ['experiment', 'digit-study', '--data-dir', 'nowhere', '-q']);
  t.is(missing.code, 2);
  t.regex(missing.stderr, /^nowhere: expected train\.csv /);
  t.deepEqual(await filesIn(folder), []);
});

test('lr-finder suggests a rate for each method', async (t) => {
  const { folder, data } = await smallProject(t);
  const { code, stdout, stderr } = await runIn(folder, [
    'experiment',
    'lr-finder',
    ...data,
    '--method',
    'plain,swa',
    '--json',
    '-q',
  ]);
  t.is(code, 0, stderr);
  const { methods } = JSON.parse(stdout);
  t.deepEqual(Object.keys(methods), ['plain', 'swa']);
  for (const { rates, losses, suggested } of Object.values<Record<string, never>>(methods)) {
    t.is((rates as number[]).length, (losses as number[]).length);
    t.true(suggested > 1e-7 && suggested < 1);
  }
});

test.serial('a result with a name has files of its own, and is neither replaced nor confused', async (t) => {
  const folder = await temporaryFolder(t);
  await writeSyntheticDigits(join(folder, 'data/raw/synthetic-digits'), { train: 100, test: 20 });
  const scale = { train: 40, validation: 20, epochs: 1, seeds: 1 };
  const tiny: Experiment = {
    question: 'Does it train?',
    sources: [],
    competition: 'synthetic-digits',
    model: 'mlp',
    test: 20,
    parameters: { batchSize: 20 },
    arms: { plain: { method: 'plain' } },
    measurements: [],
    claims: [],
    full: scale,
    quick: scale,
    minutes: 1,
  };
  const [entry] = Object.keys(experiments);
  const command = defineCommand({
    name: 'tiny',
    summary: tiny.question,
    options: shared('quick', 'dataDir', 'workers', 'engine', 'name', 'tag'),
    examples: [],
    stopped: '',
    run: (options, session) => runOneExperiment(entry, tiny, { ...options, seeds: undefined }, session),
  });
  const before = process.cwd();
  process.chdir(folder);
  try {
    const words = ['tiny', '--workers', '1', '-q'];
    for (const more of [[], ['--name', 'first', '--tag', 'a,b']]) {
      const { code, stderr } = await runHere([...words, ...more], [command]);
      t.is(code, 0, stderr);
    }
    const own = join('runs/experiments', entry);
    t.deepEqual(
      (await readdir(own)).filter((name) => /\.(json|md)$/.test(name)),
      ['first.json', 'first.md', 'report.json', 'report.md'],
    );
    t.like(JSON.parse(await readFile(join(own, 'first.json'), 'utf8')), {
      experiment: entry,
      name: 'first',
      tags: ['a', 'b'],
    });
    t.regex(await readFile(join(own, 'first.md'), 'utf8'), / Name: first\. Tags: a, b\.$/m);
    t.notRegex(await readFile(join(own, 'report.md'), 'utf8'), /Name:/);
    for (const [name, sentence] of [
      ['first', /first: expected a name that no result of the experiment has, got one that is taken\./],
      ['report', /report: expected a name .*, got one that results without a name have\./],
      ['../x', /^Expected the name to be 1 to 60 letters|name/],
    ] as const) {
      const { code, stderr } = await runHere([...words, '--name', name], [command]);
      t.is(code, 2);
      t.regex(stderr, sentence);
    }
    for (const name of [`${entry}/first`, 'first']) {
      const page = await runHere(['report', name, '-q']);
      t.is(page.code, 0, page.stderr);
      t.regex(page.stdout, new RegExp(`${entry}-first`));
    }
    const none = await runHere(['report', `${entry}/second`, '-q']);
    t.deepEqual([none.code, /with the name "second", found none in/.test(none.stderr)], [2, true]);
  } finally {
    process.chdir(before);
  }
});
