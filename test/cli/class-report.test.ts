import test from 'ava';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ErrorLooks } from '../../submissions/errors.ts';
import type { ClassReports } from '../../submissions/class-reports.ts';
import { smallProject, withoutReports } from './process.ts';
import { runIn } from './in-process.ts';

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
