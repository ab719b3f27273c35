/** Scores by probabilities, and by class. */
import test, { type ExecutionContext } from 'ava';
import { readFile, writeFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClassReports } from '../../submissions/class-reports.ts';
import type { ErrorLooks } from '../../submissions/errors.ts';
import { publish, published } from '../data/published.ts';
import { runIn } from './in-process.ts';
import { temporaryFolder, withoutReports, smallProject } from './process.ts';

// Competitions whose submissions hold probabilities, from their files to the leaderboard.

const training = ['--epochs', '1', '--folds', '2', '--workers', '1', '--method', 'plain', '-q'];

/** Data, search, submit and leaderboard as a person types them. @returns the lines of the submission */
async function fromDataToLeaderboard(
  t: ExecutionContext,
  name: string,
  change: (description: Record<string, unknown>) => object = (description) => description,
): Promise<{ folder: string; data: string; lines: string[]; metric: string | undefined }> {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  await publish(
    join(folder, 'files'),
    published.find((one) => one.name === name)!,
  );
  const data = await runIn(folder, ['data', '--data-dir', 'files']);
  t.is(data.code, 0, data.stderr);
  const path = join(folder, 'files/competition.json');
  await writeFile(path, JSON.stringify(change(JSON.parse(await readFile(path, 'utf8')))));

  const words = ['--data-dir', 'files', ...training, '--json'];
  const searched = await runIn(folder, ['search', '--trials', '1', ...words]);
  t.is(searched.code, 0, searched.stderr);
  const submitted = await runIn(folder, ['submit', '--name', 'first', ...words]);
  t.is(submitted.code, 0, submitted.stderr);
  const { submission, outOfFold } = JSON.parse(submitted.stdout).methods.plain;
  const ranked = await runIn(folder, ['leaderboard', '--competition', 'files/competition.json', '--json']);
  t.is(ranked.code, 0, ranked.stderr);
  const [{ submissions }] = JSON.parse(ranked.stdout).competitions;
  t.deepEqual(
    submissions.map(({ isThere, run: { name: called } }: { isThere: boolean; run: { name: string } }) => [
      called,
      isThere,
    ]),
    [['first', true]],
  );
  const lines = (await readFile(join(folder, submission), 'utf8')).trimEnd().split('\n');
  return { folder, data: data.stderr, lines, metric: outOfFold.metric?.name };
}

const isProbability = (text: string): boolean => Number(text) > 0 && Number(text) < 1;

test('State Farm: a column of probabilities for each class, in the order of the sample submission', async (t) => {
  const { data, lines, metric } = await fromDataToLeaderboard(t, 'State Farm');
  t.regex(data, /sample_submission\.csv: submissions with 10 columns of probabilities beside img\./);
  t.regex(data, /\? Log loss is a guess/);
  t.is(metric, 'log-loss');
  t.is(lines[0], 'img,c0,c1,c2,c3,c4,c5,c6,c7,c8,c9');
  t.deepEqual(
    lines.slice(1).map((line) => line.split(',')[0]),
    ['img_1.jpg', 'img_10.jpg', 'img_3.jpg'],
  );
  for (const line of lines.slice(1)) {
    const numbers = line.split(',').slice(1).map(Number);
    t.true(Math.abs(numbers.reduce((sum, value) => sum + value, 0) - 1) < 1e-14, line);
  }
});

test('Dogs vs Cats: classes in the names of files, and the probability of the dog', async (t) => {
  const { folder, data, lines, metric } = await fromDataToLeaderboard(t, 'Dogs vs Cats');
  t.regex(data, /train: 12 images whose names begin with one of 2 classes\./);
  t.regex(data, /\? label is a probability in sample_submission\.csv: that of dog is a guess\./);
  t.is(metric, 'log-loss');
  t.deepEqual(
    lines.map((line) => line.split(',')[0]),
    ['id', '1', '2', '10'],
  );
  t.true(lines.slice(1).every((line) => isProbability(line.split(',')[1])));

  await writeFile(join(folder, 'answers.csv'), 'id,label\n2,1\n1,0\n10,1\n');
  await writeFile(join(folder, 'sure.csv'), 'id,label\n10,0.999\n1,0.001\n2,0.998\n');
  const words = ['compare', '--data-dir', 'files', '-q'];
  const submission = 'submissions/files/first/plain.csv';
  const alone = await runIn(folder, [...words, submission, 'sure.csv']);
  t.regex(
    alone.stdout,
    /^submissions\S+ and sure\.csv have the same most probable class for \d of 3 images \(.* %\)\. Their/,
  );
  const scored = await runIn(folder, [...words, submission, 'sure.csv', '--solution', 'answers.csv']);
  t.regex(
    scored.stdout,
    /(sure\.csv beats|tie between sure\.csv and) .* on files: log loss 0\.0013 against \d\.\d{4} on 3 answers/,
  );
});

test('histopathologic cancer: the probability of 1 where it is asked for, scored by ROC AUC', async (t) => {
  const { data, lines, metric } = await fromDataToLeaderboard(t, 'histopathologic cancer', (description) => ({
    ...description,
    metric: 'roc-auc',
    submission: { ...(description.submission as object), probabilities: { of: '1' } },
  }));
  t.regex(
    data,
    /\? Whether label is a label or the probability of 1, .* add "probabilities": \{"of": "1"\} to `submission`/,
  );
  t.is(metric, 'roc-auc');
  t.deepEqual(
    lines.map((line) => line.split(',')[0]),
    ['id', '0b', '0a'],
  );
  t.true(lines.slice(1).every((line) => isProbability(line.split(',')[1])));
});

test('APTOS: labels scored by the quadratic weighted kappa', async (t) => {
  const { lines, metric } = await fromDataToLeaderboard(t, 'APTOS', (description) => ({
    ...description,
    metric: 'quadratic-kappa',
  }));
  t.is(metric, 'quadratic-kappa');
  t.is(lines[0], 'id_code,diagnosis');
  t.true(lines.slice(1).every((line) => /^(ff|0c),[0-4]$/.test(line)));
});

test('descriptions of probabilities that do not hold are refused in a sentence', async (t) => {
  const folder = await temporaryFolder(t);
  await withoutReports(folder);
  await publish(
    join(folder, 'files'),
    published.find((one) => one.name === 'State Farm')!,
  );
  await runIn(folder, ['data', '--data-dir', 'files', '-q']);
  const path = join(folder, 'files/competition.json');
  const proposed = await readFile(path, 'utf8');
  const sample = join(folder, 'files/sample_submission.csv');
  const usual = await readFile(sample, 'utf8');
  for (const [probabilities, header, words] of [
    [
      '{"of": "c1"}',
      null,
      /`submission\.probabilities` "each" for 10 classes, got that of one, which two classes have/,
    ],
    ['{"of": "dog"}', null, /to be `of` a class, c0 or .*, got "dog"\. Correct it/],
    ['{"columns": ["a"]}', null, /to have 10 `columns`, one for each class, got 1/],
    ['true', null, /null, "each", \{"columns": \[names\]\} or \{"of": class\}/],
    ['"each"', 'img,c0,c1,c2,c3,c4,c5,c6,c7,c8,x', /sample_submission\.csv:1: expected a column .*, got none "c9"\./],
    ['"each"', 'img,c0,c1,c2,c3,c4,c5,c6,c7,c9,c9', /sample_submission\.csv:1: expected a column .*, got none "c8"\./],
  ] as const) {
    await writeFile(path, proposed.replace('"each"', probabilities));
    await writeFile(sample, header === null ? usual : usual.replace(/^.*/, header));
    const { code, stdout, stderr } = await runIn(folder, ['submit', '--data-dir', 'files', ...training]);
    t.deepEqual([code, stdout], [2, ''], probabilities);
    t.regex(stderr, words);
  }
});

const small = ['--epochs', '1', '--folds', '2', '--method', 'plain', '--params', 'slow.json'];
const columns = / class +images +predicted +precision +recall +F1\n/;

test('runs show tells precision, recall and F1 of each class, out of fold and on test images, and what is confused', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  // A network that has hardly learnt leaves classes that are never predicted.
  await writeFile(join(folder, 'slow.json'), '{"learningRate": 0.0001}');
  const submitted = JSON.parse((await runIn(folder, ['submit', ...data, ...small, '--json', '-q'])).stdout);
  const show = async (...words: string[]) => runIn(folder, ['runs', 'show', 'plain', '-q', ...words]);

  const { code, stdout, stderr } = await show('--data-dir', 'digits');
  t.is(code, 0, stderr);
  const [, outOfFold, ofTest] = stdout.split(/Classes out of fold|Classes of the test images/);
  for (const part of [outOfFold, ofTest]) t.regex(part, columns);
  t.regex(outOfFold, /Most often confused of \d+ pairs .*\n +\d → \d: \d+ \(\d+\.\d %\)/);
  t.regex(outOfFold, / 20 +0 +– +0\.00 +0\.00\n/);

  const { classes }: { classes: ClassReports } = JSON.parse((await show('--data-dir', 'digits', '--json')).stdout);
  const { outOfFold: report, test: onTest } = classes;
  const { outOfFold: score, test: testScore } = submitted.methods.plain;
  const right = ({ classes: all }: ClassReports['outOfFold']): number =>
    Math.round(all.reduce((sum, { recall, support }) => sum + recall! * support, 0));
  t.deepEqual([report.images, right(report)], [200, Math.round(score.accuracy * 200)]);
  t.deepEqual([onTest!.images, right(onTest!)], [100, Math.round(testScore.accuracy * 100)]);
  t.is(
    report.confused.reduce((sum, { count }) => sum + count, 0),
    200 - right(report),
  );
  const unseen = report.classes.filter(({ predicted }) => predicted === 0);
  t.true(
    unseen.length > 0 && unseen.every(({ precision, recall, f1 }) => precision === null && recall === 0 && f1 === 0),
  );

  // The errors, beside what another run says.
  t.is((await runIn(folder, ['submit', ...data, ...small, '--seed', '2', '--name', 'other', '-q'])).code, 0);
  const errors = async (...words: string[]) =>
    runIn(folder, [
      'runs',
      'errors',
      submitted.methods.plain.run.split('/').at(-1),
      '--data-dir',
      'digits',
      '-q',
      ...words,
    ]);
  const looked: Omit<ErrorLooks, 'train'> = JSON.parse((await errors('--top', '30', '--json')).stdout);
  t.deepEqual([looked.images, looked.wrong, looked.others], [200, 200 - right(report), ['other']]);
  t.is(looked.looks.length, 30);
  for (const { row, label, predicted, nearest, votes } of looked.looks) {
    t.not(label, predicted);
    t.deepEqual([nearest.length, votes.length, nearest.some((one) => one.row === row)], [5, 1, false]);
  }
  const said = await errors();
  t.regex(said.stdout, / wrong out of fold .*\. The 20 that the networks were surest of:\n/);
  t.regex(said.stdout, / row +label +predicted +% +nearest +others right +points to\n/);
  t.regex((await errors('--top', '0')).stderr, /^Expected --top to be a whole number/);

  // Where answers or images are missing, the rest is shown; answers that were named are not passed over.
  const named = await show('--data-dir', 'digits', '--solution', 'nowhere.csv');
  t.deepEqual([named.code, named.stderr.includes('nowhere.csv: expected a solution file')], [2, true]);
  await rename(join(folder, 'digits/solution.csv'), join(folder, 'answers.csv'));
  t.is((JSON.parse((await show('--data-dir', 'digits', '--json')).stdout).classes as ClassReports).test, null);
  t.regex((await show('--data-dir', 'digits', '--solution', 'answers.csv')).stdout, /Classes of the test images\n/);
  await writeFile(join(folder, 'digits/test.csv'), 'damaged');
  t.regex((await show('--data-dir', 'digits')).stdout, /Classes out of fold\n/);
  await writeFile(join(folder, 'digits/train.csv'), 'damaged');
  const other = await show('--data-dir', 'digits');
  t.is(other.code, 0, other.stderr);
  t.deepEqual([(await errors()).code, (await errors()).stdout], [2, '']);
  t.regex(other.stdout, /\n\nClasses: not shown\. digits\/train\.csv:1: expected/);
});
