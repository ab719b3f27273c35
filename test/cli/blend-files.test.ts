/** Blends with tables of probabilities from elsewhere. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { runIn } from './in-process.ts';
import { sharedProject, withoutReports } from './process.ts';

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
  const small = ['--model', 'mlp', '--epochs', '12', '--folds', '2', '--params', 'default', '-q', '--probabilities'];
  const { code, stderr } = await runIn(folder, [
    'submit',
    ...data,
    ...small,
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
  const unnamed = await blend(...words);
  t.deepEqual([unnamed.code, unnamed.stderr], [2, 'Expected --competition, since no run is named, got none.\n']);
  const found = await json(...words, '--competition', 'synthetic-digits', '--way', 'greedy');
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
