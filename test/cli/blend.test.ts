import test from 'ava';
import { readFile, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { smallProject, withoutReports } from './process.ts';
import { runIn } from './in-process.ts';

const small = ['--epochs', '12', '--folds', '2', '--params', 'default', '-q'];

test('a blend is a submission and a run of its own with an honest score, and is listed like any other', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const trained = await runIn(folder, ['submit', ...data, ...small, '--method', 'swa,plain']);
  t.is(trained.code, 0, trained.stderr);
  const blend = (...words: string[]) => runIn(folder, ['blend', ...words, '--data-dir', 'digits']);

  const { code, stdout, stderr } = await blend('swa', 'plain', '--name', 'both', '--tag', 'final', '--json', '-q');
  t.is(code, 0, stderr);
  const told = JSON.parse(stdout);
  const { blend: own } = told.methods;
  t.is(own.submission, 'submissions/synthetic-digits/both/blend.csv');
  const csv = await readFile(join(folder, own.submission));
  t.is(createHash('sha256').update(csv).digest('hex'), own.sha256);
  t.deepEqual([own.outOfFold.n, own.test.n, own.folds.length], [200, 100, 2]);
  t.deepEqual(
    told.members.map(({ name }: { name: string }) => name.split('-')[0]),
    ['swa', 'plain'],
  );
  t.true(Math.abs(told.members[0].weight + told.members[1].weight - 1) < 1e-9);
  t.deepEqual([told.pairs.length, told.comparison.pairs.length], [2, 2]);
  // The score of all is that of the folds, each with weights from the other.
  const right = own.folds.reduce(
    (sum: number, { validation }: { validation: { accuracy: number; n: number } }) =>
      sum + Math.round(validation.accuracy * validation.n),
    0,
  );
  t.is(Math.round(own.outOfFold.accuracy * 200), right);

  const again = JSON.parse((await blend('swa', 'plain', '--json', '-q')).stdout);
  t.is(again.methods.blend.sha256, own.sha256);
  for (const way of ['mean', 'greedy', 'geometric']) {
    const shown = await blend('swa', 'plain', '--way', way, '-q', '--probabilities');
    t.is(shown.code, 0, shown.stderr);
    t.regex(
      shown.stdout,
      /\n blend +[\d.]+ ± [\d.]+ \(200\) +[\d.]+ ± [\d.]+ \(100\)\n swa-\w{8}( \(the best\))? +\d+\.\d /,
    );
    t.regex(shown.stdout, /blend-probabilities\.csv, .*blend-out-of-fold\.csv, \S+\n\nA copy: /);
  }
  t.regex((await runIn(folder, ['leaderboard'])).stdout, / blend +both +/);
  t.regex((await runIn(folder, ['compare'])).stdout, /\n both +blend +– +.* – +1\n/);
  const shown = (await runIn(folder, ['runs', 'show', 'both', '--data-dir', 'digits', '-q'])).stdout;
  t.regex(shown, /parameters: blend \(weights\) of runs \S+-swa-\w{8}, \S+-plain-\w{8}\n/);
  t.regex(shown, /Classes out of fold\n/);
  // Also a blend can be blended.
  t.is((await blend('both', 'plain', '--way', 'mean', '-q')).code, 0);
});

test('runs that cannot be blended are refused with the reason, and nothing is written', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const submit = (...words: string[]) => runIn(folder, ['submit', ...data, ...small, '--method', 'plain', ...words]);
  for (const [name, seed] of [
    ['first', '1'],
    ['other-folds', '2'],
    ['old', '1'],
  ]) {
    t.is((await submit('--name', name, '--seed', seed)).code, 0);
  }
  const { runs } = JSON.parse((await runIn(folder, ['runs', 'list', '--json'])).stdout);
  const file = join(folder, 'runs', runs.find((one: { name: string }) => one.name === 'old').id, 'record.json');
  const { probabilities: _, ...record } = JSON.parse(await readFile(file, 'utf8'));
  await writeFile(file, JSON.stringify(record));
  for (const [words, sentence] of [
    [['first'], /^Expected two runs or more to blend, got one\./],
    [['first', 'first'], /^Expected different runs, got first twice\./],
    [['first', 'nowhere'], /expected a run whose name contains "nowhere"/],
    [['first', 'other-folds'], /^other-folds: expected 2 folds of seed 1 as first has, got 2 of seed 2\. .*--way mean/],
    [['first', 'old'], /^\S+: expected a run that has kept its probabilities, got one of an earlier version\./],
    [
      ['first', 'other-folds', '--way', 'nonsense'],
      /^Unknown way "nonsense"\. Known: mean, weights, greedy, geometric\.\n$/,
    ],
  ] as const) {
    const { code, stderr } = await runIn(folder, ['blend', ...words, '--data-dir', 'digits', '-q']);
    t.is(code, 2, words.join(' '));
    t.regex(stderr, sentence);
  }
  t.is((await runIn(folder, ['blend', 'first', 'other-folds', '--way', 'mean', '--data-dir', 'digits', '-q'])).code, 0);

  // Other images than those that the runs saw.
  const train = (await readFile(join(folder, 'digits/train.csv'), 'utf8')).split('\n');
  await writeFile(join(folder, 'digits/train.csv'), [train[0], ...train.slice(1, -1).toReversed(), ''].join('\n'));
  const moved = await runIn(folder, ['blend', 'first', 'other-folds', '--way', 'mean', '--data-dir', 'digits', '-q']);
  t.deepEqual([moved.code, moved.stderr.includes('expected the training images of')], [2, true]);
});
