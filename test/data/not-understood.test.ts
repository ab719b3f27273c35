import test from 'ava';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { competitionOf } from '../../data/described.ts';
import { descriptionSchema } from '../../data/description.ts';
import { loadTrain } from '../../data/load.ts';
import { propose } from '../../data/propose/index.ts';
import { csvOf } from './image-files.ts';
import { temporaryFolder } from './tiny.ts';

const pixels = Array.from({ length: 16 }, (_, i) => `pixel${i}`);
/** @param label of each row */
const rowsOf = (labels: readonly (number | string)[]): (number | string)[][] =>
  labels.map((label, i) => [label, ...pixels.map((_, k) => (7 * i + 11 * k) % 256)]);
const labels = Array.from({ length: 40 }, (_, i) => i % 3);

test('a row of a table that is wrong is named with its line, and the rest is understood', async (t) => {
  const short = rowsOf(labels);
  short[5].pop();
  const text = rowsOf(labels);
  text[5][3] = 'x';
  for (const [rows, sentence] of [
    [short, /train\.csv:7: expected 17 columns as in the first line, got 16\. Correct that line\./],
    [text, /train\.csv:7: expected a number in column pixel2, got "x"\. Correct that line\./],
  ] as const) {
    const folder = await temporaryFolder(t);
    await writeFile(join(folder, 'train.csv'), csvOf(['label', ...pixels], rows));
    const { description, unclear } = await propose(folder);
    t.regex(unclear.join('\n'), sentence);
    t.deepEqual(description?.classes, ['0', '1', '2']);
    const competition = competitionOf(descriptionSchema.parse(description), folder);
    await t.throwsAsync(loadTrain(competition), { message: /train\.csv:7: expected / });
  }
});

test('real targets are refused, and numbers that are no classes are doubted', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'train.csv'), csvOf(['target', ...pixels], rowsOf(labels.map((label) => label + 0.5))));
  const real = await propose(folder);
  t.is(real.description, null);
  t.regex(real.unclear.join('\n'), /Column target of train\.csv holds real numbers, such as \d\.5: a quantity/);

  await writeFile(join(folder, 'train.csv'), csvOf(['target', ...pixels], rowsOf(labels.map((_, i) => 1000 + 37 * i))));
  const counted = await propose(folder);
  t.is(counted.description?.classes.length, 40);
  t.regex(counted.unclear.join('\n'), /Column target of train\.csv has another number in almost every row: each of 40/);
});

test('tables of mixed columns are said to be what they are', async (t) => {
  const folder = await temporaryFolder(t);
  const rows = labels.map((label, i) => [label, i, `name ${i}`, i % 2 ? 'male' : 'female', i / 2]);
  await writeFile(join(folder, 'train.csv'), csvOf(['Survived', 'PassengerId', 'Name', 'Sex', 'Fare'], rows));
  const { description, unclear } = await propose(folder);
  t.is(description, null);
  t.regex(unclear.join('\n'), /train\.csv has 2 columns of text \(Name, Sex\) beside 3 of numbers: tables of mixed/);
});
