import test from 'ava';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { smallProject, withoutReports } from './process.ts';
import { runIn } from './in-process.ts';

test('data show tells classes, copies, leaks and doubtful labels, and writes a page on request', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const file = (name: string): string => join(folder, 'digits', name);
  const train = (await readFile(file('train.csv'), 'utf8')).split('\n');
  const testRows = (await readFile(file('test.csv'), 'utf8')).split('\n');
  // Training image 2 is a copy of image 1 with another label, and test image 3 is training image 6.
  const pixels = (line: string): string => line.slice(line.indexOf(',') + 1);
  train[2] = `${train[2].slice(0, 1)},${pixels(train[1])}`;
  testRows[3] = pixels(train[6]);
  await writeFile(file('train.csv'), train.join('\n'));
  await writeFile(file('test.csv'), testRows.join('\n'));
  const show = (...words: string[]) => runIn(folder, ['data', 'show', ...data, ...words]);

  const early = await show('--json');
  t.is(early.code, 0, early.stderr);
  const found = JSON.parse(early.stdout);
  t.deepEqual([found.train, found.test, found.classes.length, found.labels, found.page], [200, 100, 10, null, null]);
  t.deepEqual(found.classes[3].samples.length, 9);
  const exact = found.duplicates.exact.map((group: { of: string; row: number }[]) =>
    group.map(({ of, row }) => `${of} ${row}`).join(' = '),
  );
  t.deepEqual(exact, ['train 0 = train 1', 'train 5 = test 2']);

  const trained = await runIn(folder, ['submit', ...data, '--epochs', '12', '--folds', '2', '--method', 'plain', '-q']);
  t.is(trained.code, 0, trained.stderr);
  const { code, stdout, stderr } = await show('--output', 'looks');
  t.is(code, 0, stderr);
  t.regex(stdout, /Identical: 2 groups with a training image, 1 of them with a test image\./);
  t.regex(stdout, /\n {2}train 1 = train 2\n {2}train 6 = test 3\n/);
  t.regex(stdout, /Labels that are probably wrong: \d+ of 200, by the out-of-fold predictions of plain-\w{8}/);
  const page = await readFile(join(folder, 'looks/data-synthetic-digits/index.html'), 'utf8');
  for (const words of ['Mean and samples of each class', 'Duplicates', 'What an augmentation makes of images']) {
    t.true(page.includes(words), words);
  }
  t.true(existsSync(join(folder, 'looks/data-synthetic-digits/augmentation.png')));

  for (const [words, sentence] of [
    [['data', '--output', 'x'], /^Expected --output with show, got it without\. Type: npm run data -- show\n$/],
    [['data', 'show', ...data, '--run', 'nowhere'], /expected a run whose name contains "nowhere"/],
    [['data', 'show', '--competition', 'mnist', '--data-dir', 'digits'], /^digits: expected /],
  ] as const) {
    const refused = await runIn(folder, words);
    t.is(refused.code, 2, words.join(' '));
    t.regex(refused.stderr, sentence);
  }
});
