import test from 'ava';
import { experiments } from '../../experiments/catalogue/index.ts';
import type { Experiment } from '../../experiments/index.ts';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defineCommand } from '../../cli/command.ts';
import { runOneExperiment } from '../../cli/experiments.ts';
import { shared } from '../../cli/options.ts';
import { writeSyntheticDigits } from '../../data/synthetic.ts';
import { runHere, runIn } from './in-process.ts';
import { filesIn, smallProject, temporaryFolder } from './process.ts';

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
