import test from 'ava';
import { spawnSync } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { newOwner } from '../../base/owner.ts';
import { filesIn, sharedProject, smallProject, withoutReports } from './process.ts';
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

test('a blend that was killed before its submission was written is made again, and is there once', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const trained = await runIn(folder, ['submit', ...data, ...small, '--method', 'swa,fge']);
  t.is(trained.code, 0, trained.stderr);
  const { pid } = spawnSync(process.execPath, ['--version']);
  const runs = async (): Promise<string[]> =>
    JSON.parse((await runIn(folder, ['runs', 'list', '--json'])).stdout).runs.map(({ name }: { name: string }) => name);
  for (const words of [
    ['blend', 'swa', 'fge', '--name', 'both', '--data-dir', 'digits', '-q', '--json'],
    ['average', '--run', 'fge', '--name', 'mean', '--data-dir', 'digits', '-q', '--json'],
  ]) {
    const first = await runIn(folder, words);
    t.is(first.code, 0, first.stderr);
    const before = await runs();
    const files = await filesIn(folder);
    // As it is when its process ends between two files.
    const own = join(folder, 'submissions/synthetic-digits', words[words.indexOf('--name') + 1]);
    await rm(join(own, 'comparison.json'));
    await writeFile(join(own, '.writing'), '');
    await writeFile(join(own, 'owner.json'), JSON.stringify({ ...newOwner(), pid }));
    const again = await runIn(folder, words);
    t.is(again.code, 0, again.stderr);
    t.deepEqual((await runs()).toSorted(), before.toSorted());
    t.is((await filesIn(folder)).length, files.length);
    const refused = await runIn(folder, words);
    t.is(refused.code, 2);
    t.regex(refused.stderr, /expected a name that no submit has, got one that is taken\./);
    // What a person has put there stays.
    await rm(join(own, 'comparison.json'));
    await writeFile(join(own, 'notes.txt'), 'mine');
    await writeFile(join(own, 'owner.json'), JSON.stringify({ ...newOwner(), pid }));
    t.is((await runIn(folder, words)).code, 2);
    t.is(await readFile(join(own, 'notes.txt'), 'utf8'), 'mine');
  }
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
  const place = join(folder, 'runs', runs.find((one: { name: string }) => one.name === 'old').id, 'record.json');
  const { probabilities: _, ...record } = JSON.parse(await readFile(place, 'utf8'));
  await writeFile(place, JSON.stringify(record));
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

// Blends with tables of probabilities from elsewhere.
const { folder, data } = sharedProject();
const blend = (...words: string[]) => runIn(folder, ['blend', ...words, '--data-dir', 'digits', '-q']);
const json = async (...words: string[]) => {
  const { code, stdout, stderr } = await blend(...words, '--json');
  if (code !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
};
const linesOf = async (path: string): Promise<string[]> =>
  (await readFile(join(folder, path), 'utf8')).trimEnd().split('\n');
/** @returns the name of the file */
async function file(name: string, lines: readonly string[]): Promise<string> {
  await writeFile(join(folder, name), `${lines.join('\n')}\n`);
  return name;
}

let ofTest: string[];
let ofFolds: string[];
test.serial.before(async () => {
  await withoutReports(folder);
  const words = ['--epochs', '12', '--folds', '2', '--params', 'default', '-q', '--probabilities'];
  const { code, stderr } = await runIn(folder, [
    'submit',
    ...data,
    ...words,
    '--method',
    'swa,plain',
    '--name',
    'here',
  ]);
  if (code !== 0) throw new Error(stderr);
  const own = 'submissions/synthetic-digits/here';
  [ofTest, ofFolds] = [await linesOf(`${own}/plain-probabilities.csv`), await linesOf(`${own}/plain-out-of-fold.csv`)];
  // In another order of rows and of columns, and with a byte-order mark.
  const turned = (lines: string[]): string[] => {
    const cells = lines.map((line) => line.split(','));
    return [cells[0], ...cells.slice(1).toReversed()].map(([id, ...others]) => [id, ...others.toReversed()].join());
  };
  await file('other.csv', [`\uFEFF${turned(ofTest)[0]}`, ...turned(ofTest).slice(1)]);
  await file('other-oof.csv', turned(ofFolds));
});

test.serial('a table with its out-of-fold predictions counts as the run that has written it', async (t) => {
  const runs = await json('here-swa', 'here-plain');
  const mixed = await json('here-swa', 'other.csv', '--out-of-fold', 'other-oof.csv', '--name', 'mixed');
  t.is(mixed.methods.blend.sha256, runs.methods.blend.sha256);
  t.deepEqual(mixed.methods.blend.outOfFold, runs.methods.blend.outOfFold);
  const [, member] = mixed.members;
  t.deepEqual([member.run, member.name], [null, 'other.csv']);
  // Tables hold quotients by the sum of the row.
  t.true(Math.abs(member.weight - runs.members[1].weight) < 1e-6);
  t.deepEqual([member.outOfFold, member.test], [runs.members[1].outOfFold, runs.members[1].test]);
  t.regex(mixed.methods.blend.paramsFrom, /^blend \(weights\) of runs \S+-swa-\w{8} and files other\.csv$/);
  const shown = await blend('here-swa', 'other.csv', '--out-of-fold', 'other-oof.csv');
  t.regex(
    shown.stdout,
    /Files do not say on which folds their out-of-fold predictions were made; they are taken as such\./,
  );
  // The run of the blend is like any other.
  t.is((await json('mixed', 'here-plain', '--way', 'mean')).members.length, 2);
});

test.serial('without out-of-fold predictions there is a submission, and honestly no score of it', async (t) => {
  const runs = (await readdir(join(folder, 'runs'))).length;
  const equal = await json('here-swa', 'other.csv', '--way', 'mean', '--weights', '3,1', '--name', 'given');
  t.deepEqual([equal.own.outOfFold, equal.own.train, equal.methods], [null, null, undefined]);
  t.deepEqual(
    equal.members.map((member: { weight: number }) => member.weight),
    [0.75, 0.25],
  );
  t.is(equal.own.test.n, 100);
  t.deepEqual(equal.written, ['submissions/synthetic-digits/given/blend.csv']);
  t.is((await readdir(join(folder, 'runs'))).length, runs);
  const shown = await blend('here-swa', 'other.csv', '--way', 'geometric', '--probabilities');
  t.regex(shown.stdout, /\n blend +– +[\d.]+ ± [\d.]+ \(100\)\n/);
  t.regex(shown.stdout, /There is no out-of-fold score: a file has no out-of-fold predictions\./);
  t.regex(
    shown.stdout,
    /There is no run of it: it has no out-of-fold score\. So latest beside its folder still has the submit before, /,
  );
  t.regex(shown.stdout, /blend-probabilities\.csv\n/);
  const same = await json('here-swa', 'here-plain', '--way', 'mean', '--weights', '3,1', '--probabilities');
  const [given, own] = [
    await linesOf('submissions/synthetic-digits/given/blend.csv'),
    await linesOf(same.methods.blend.submission),
  ];
  t.deepEqual(given, own);
  t.regex(same.methods.blend.paramsFrom, /^blend \(mean weights 3:1\) of runs /);
});

test.serial('tables alone need the competition, and are scored by its own folds', async (t) => {
  await file('plain.csv', ofTest);
  await file('plain-oof.csv', ofFolds);
  const words = ['plain.csv', 'other.csv', '--out-of-fold', 'plain-oof.csv,other-oof.csv'];
  const unnamed = await runIn(folder, ['blend', ...words, '-q']);
  t.deepEqual(
    [unnamed.code, unnamed.stderr],
    [
      2,
      'Expected --competition or --data-dir beside tables without a run, got neither. Name the competition of the tables.\n',
    ],
  );
  // As everywhere, the data folder alone says what the competition is.
  const found = await json(...words, '--way', 'greedy');
  t.is(found.methods, undefined);
  t.deepEqual(found.own.outOfFold, found.members[0].outOfFold);
  t.is(found.pairs.length, 2);
});

test.serial('tables that do not fit are refused with the reason, and nothing is written', async (t) => {
  const changed = (row: number, change: (cells: string[]) => string[], lines = ofTest): string[] =>
    lines.map((line, i) => (i === row ? change(line.split(',')).join() : line));
  const bad: Readonly<Record<string, readonly [lines: readonly string[], sentence: RegExp]>> = {
    'missing.csv': [
      ofTest.toSpliced(5, 1),
      /^missing\.csv: expected probabilities of the 100 test images of synthetic-digits, got none for id 5\./,
    ],
    'more.csv': [
      [...ofTest, ofTest[3].replace('3,', '101,')],
      /^more\.csv: expected probabilities of the 100 test images of synthetic-digits, got 101 rows\./,
    ],
    'twice.csv': [[...ofTest, ofTest[3]], /^twice\.csv:102: expected every id once, got "3" as on line 4\./],
    'classes.csv': [
      changed(0, (cells) => cells.with(4, 'three')),
      /^classes\.csv:1: expected a column of probabilities for each class, .*, got none "3"\./,
    ],
    'nan.csv': [
      changed(7, (cells) => cells.with(2, 'NaN')),
      /^nan\.csv:8: expected `1` to be a probability from 0 to 1, got "NaN"\./,
    ],
    'negative.csv': [
      changed(7, (cells) => cells.with(2, '-0.1')),
      /^negative\.csv:8: expected `1` to be a probability from 0 to 1, got "-0\.1"\./,
    ],
    'infinite.csv': [
      changed(7, (cells) => cells.with(2, '1e999')),
      /^infinite\.csv:8: expected `1` to be a probability/,
    ],
    'sum.csv': [
      changed(7, (cells) => cells.map((cell, i) => (i === 0 ? cell : '0.2'))),
      /^sum\.csv: expected probabilities that sum to 1, got 2\.000 for id 7\./,
    ],
    'short.csv': [changed(7, (cells) => cells.slice(0, -1)), /^short\.csv:8: /],
    'labels.csv': [
      ['ImageId,Label', ...Array.from({ length: 100 }, (_, i) => `${i + 1},0`)],
      /^labels\.csv:1: expected a column of probabilities for each class/,
    ],
    'empty.csv': [[], /^empty\.csv/],
  };
  const before = await readdir(join(folder, 'submissions/synthetic-digits'));
  for (const [name, [lines, sentence]] of Object.entries(bad)) {
    const { code, stdout, stderr } = await blend('here-swa', await file(name, lines), '--way', 'mean');
    t.deepEqual([code, stdout], [2, ''], name);
    t.regex(stderr, sentence);
  }
  await file('short-oof.csv', ofFolds.slice(0, -1));
  for (const [words, sentence] of [
    [
      ['here-swa', 'other.csv'],
      /^other\.csv: expected out-of-fold predictions, on which --way weights fits the weights, got none\./,
    ],
    [
      ['here-swa', 'other.csv', '--out-of-fold', 'short-oof.csv'],
      /^short-oof\.csv: expected probabilities of the 200 training images .*, got none for id 200\./,
    ],
    [
      ['here-swa', 'other.csv', '--out-of-fold', 'a.csv,b.csv'],
      /^Expected --out-of-fold to name a table for each of 1 file, got 2\./,
    ],
    [['here-swa', 'nowhere.csv', '--way', 'mean'], /^nowhere\.csv: expected a submission, found none\./],
    [
      ['other.csv', './other.csv', '--competition', 'synthetic-digits', '--way', 'mean'],
      /^Expected different files, got other\.csv twice\.|^Expected different files/,
    ],
    [
      ['here-swa', 'here-plain', '--weights', '1,1'],
      /^Expected --way mean or geometric with --weights, got --way weights/,
    ],
    [
      ['here-swa', 'here-plain', '--way', 'mean', '--weights', '1'],
      /^Expected as many weights as runs and files, 2, got 1\./,
    ],
    [
      ['here-swa', 'here-plain', '--way', 'mean', '--weights', '0,0'],
      /^Expected --weights to be numbers of at least 0/,
    ],
    [['here-swa', 'here-plain', '--way', 'mean', '--weights', '-1,2'], /--weights/],
    [['here-swa', 'here-plain', '--competition', 'mnist'], /^Expected runs of mnist, got one of synthetic-digits\./],
  ] as const) {
    const { code, stdout, stderr } = await blend(...words);
    t.deepEqual([code, stdout], [2, ''], words.join(' '));
    t.regex(stderr, sentence);
  }
  t.deepEqual(await readdir(join(folder, 'submissions/synthetic-digits')), before);
});
