import test from 'ava';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { zipOf } from '../data/zip.ts';
import { runIn } from './in-process.ts';
import { smallProject, start, temporaryFolder, withoutReports } from './process.ts';
import { existsSync } from 'node:fs';

test.serial('data counts the rows of every file and the images of every class', async (t) => {
  const { folder, data } = await smallProject(t);
  const { code, stdout, stderr } = await runIn(folder, ['data', ...data, '--json']);
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  const { files, classes, ...rest } = JSON.parse(stdout);
  t.deepEqual(rest, { competition: 'synthetic-digits', folder: 'digits', page: null, downloaded: [], notes: [] });
  t.deepEqual(files, [
    { role: 'train', file: 'train.csv', found: 'train.csv', rows: 200 },
    { role: 'test', file: 'test.csv', found: 'test.csv', rows: 100 },
    { role: 'sampleSubmission', file: 'sample_submission.csv', found: 'sample_submission.csv', rows: 100 },
    { role: 'solution', file: 'solution.csv', found: 'solution.csv', rows: 100 },
  ]);
  t.deepEqual(
    classes,
    Array.from({ length: 10 }, (_, label) => ({ label, name: String(label), count: 20 })),
  );
});

test.serial('data says what is missing and where to download it', async (t) => {
  const { folder } = await smallProject(t);
  await rm(join(folder, 'digits/test.csv'));
  const { code, stdout, stderr } = await runIn(folder, [
    'data',
    '--competition',
    'digit-recognizer',
    '--data-dir',
    'digits',
  ]);
  t.is(code, 2);
  t.regex(stdout, /train\.csv +200 images/);
  t.regex(stdout, /test\.csv +missing/);
  t.regex(stderr, /^digits: no test\.csv\. Download from https:\/\/www\.kaggle\.com/);
});

test.serial('data says when the images of whole files are odd, and what the zip holds that lacks one', async (t) => {
  const { folder } = await smallProject(t);
  const digits = join(folder, 'digits');
  const text = await readFile(join(digits, 'train.csv'), 'utf8');
  const [header, ...rows] = text.trim().split('\n');
  const unlabelled = [header, ...rows.slice(0, 3)].map((row) => row.slice(row.indexOf(',') + 1));
  await writeFile(join(digits, 'test.csv'), `${unlabelled.join('\n')}\n`);
  const words = ['data', '--competition', 'digit-recognizer', '--data-dir', 'digits'];
  await rm(join(digits, 'sample_submission.csv'));
  const odd = await runIn(folder, words);
  t.is(odd.code, 0);
  t.regex(odd.stdout, /\nAll 3 test images are among the training images too\.\n/);

  await rm(join(digits, 'test.csv'));
  await writeFile(join(digits, 'all.zip'), zipOf({ name: 'other/test.csv', content: unlabelled.join('\n') }));
  const { code, stderr } = await runIn(folder, words);
  t.is(code, 2);
  t.regex(stderr, /^digits: no test\.csv \(nor in all\.zip, which holds other\/test\.csv\)\. Download/);
});

test.serial('a damaged file is named with its line', async (t) => {
  const { folder } = await smallProject(t);
  await writeFile(join(folder, 'digits/train.csv'), 'label,pixel0\n1,2\n');
  const { code, stdout, stderr } = await runIn(folder, ['data', '--data-dir', 'digits', '-q']);
  t.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  t.regex(stderr, /^digits\/train\.csv:1: expected/);
});

test.serial('data gets public files from a mirror, and says what to do without a network', async (t) => {
  const folder = await temporaryFolder(t);
  // Nobody listens on port 1.
  const words = ['data', 'fashion-mnist', '--data-dir', 'new', '--mirror', 'http://127.0.0.1:1/of', '-q'];
  const { code, stdout, stderr } = await runIn(folder, words);
  t.deepEqual({ code, stdout }, { code: 2, stdout: '' });
  t.regex(
    stderr,
    /^new\/train-images-idx3-ubyte\.gz: expected it from a public mirror, got it from none\. 127\.0\.0\.1:1: /,
  );
});

test('Ctrl-C while data are looked at does not speak of a download', async (t) => {
  const { folder } = await smallProject(t);
  const words = ['data', 'show', '--data-dir', 'digits'];
  const { code, stderr } = await start(folder, words, {}, { signal: 'SIGINT', at: 'Data: ' }).ended;
  t.is(code, 130, stderr);
  t.true(stderr.endsWith('Stopped. Start again with: npm run data -- show --data-dir digits\n'), stderr);
});

test.serial('data says when whole files do not fit each other', async (t) => {
  const { folder, data } = await smallProject(t);
  await writeFile(join(folder, 'digits/sample_submission.csv'), 'ImageId,Label\n1,0\n');
  const { code, stderr } = await runIn(folder, ['data', ...data, '-q']);
  t.is(code, 2);
  t.regex(
    stderr,
    /^sample_submission\.csv in digits: 99 of the 100 test images are not in the sample submission, the first one 2\./,
  );
});

test.serial('a reader that goes away, like head, is no failure', async (t) => {
  const { folder, data } = await smallProject(t);
  const running = start(folder, ['data', ...data]);
  running.child.stdout?.destroy();
  const { code, stderr } = await running.ended;
  t.deepEqual({ code, stderr }, { code: 0, stderr: '' });
});

test.serial('compare shows where two submissions differ and which is right more often', async (t) => {
  const { folder, data } = await smallProject(t);
  const csv = (label: number): string =>
    ['ImageId,Label', ...Array.from({ length: 100 }, (_, row) => `${row + 1},${row === 4 ? label : 0}`), ''].join('\n');
  await writeFile(join(folder, 'a.csv'), csv(1));
  await writeFile(join(folder, 'b.csv'), csv(2));
  const { code, stdout, stderr } = await runIn(folder, ['compare', ...data, 'a.csv', 'b.csv']);
  t.is(code, 0, stderr);
  t.regex(stdout, /^a\.csv and b\.csv agree on 99 of 100 labels \(99\.00 %\)\. A tie/);
  t.regex(stdout, / 5 +1 +2$/m);
});

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
