/** Submits that also learn from test images. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { runIn } from './in-process.ts';
import { sharedProject, withoutReports } from './process.ts';

const { folder, data } = sharedProject();
const submit = (...words: string[]) =>
  runIn(folder, [
    'submit',
    ...data,
    '--model',
    'mlp',
    '--method',
    'plain',
    '--epochs',
    '3',
    '--folds',
    '2',
    '--params',
    'default',
    ...words,
  ]);

test.serial(
  'a submit with --pseudo-labels says and records from how many test images each fold has learned',
  async (t) => {
    await withoutReports(folder);
    const { code, stdout, stderr } = await submit(
      '--pseudo-labels',
      '--confidence',
      '0.14',
      '--json',
      '--name',
      'more',
    );
    t.is(code, 0, stderr);
    t.regex(
      stderr,
      /^Training plain: 2 folds × 3 epochs, and again with the test images of which the first networks are sure \(at least 0\.14\)\.$/m,
    );
    t.regex(stderr, /fold \d's teacher at /);
    t.regex(stderr, / plain 12 of 12 epochs/);
    const { plain } = JSON.parse(stdout).methods;
    t.deepEqual(plain.pseudoLabels, { confidence: 0.14 });
    const counts = plain.folds.map((fold: { pseudoLabels: number }) => fold.pseudoLabels);
    t.true(counts.every((count: number) => count > 0 && count <= 100));
    t.deepEqual([plain.outOfFold.n, plain.test.n], [200, 100]);
    t.deepEqual(
      plain.folds.map(({ train }: { train: { n: number } }) => train.n),
      [100, 100],
    );
    const record = JSON.parse(await readFile(join(folder, plain.run, 'record.json'), 'utf8'));
    t.deepEqual(record.configuration.pseudoLabels, { confidence: 0.14 });
    t.deepEqual(
      record.folds.map((fold: { pseudoLabels: number }) => fold.pseudoLabels),
      counts,
    );

    const again = await submit('--pseudo-labels', '--confidence', '0.14', '--workers', '1', '-q');
    t.regex(
      again.stdout,
      new RegExp(
        `plain: its folds have learned from ${counts.join(', ')} test images too, .*at least 0\\.14\\. No score counts these labels\\.`,
      ),
    );
    t.regex(again.stdout, /pseudoLabels 0\.14/);
    const { competitions } = JSON.parse((await runIn(folder, ['leaderboard', '--json'])).stdout);
    const digests = new Set(competitions[0].submissions.map((row: { sha256: string }) => row.sha256));
    t.is(digests.size, 1, 'the same bytes for any number of workers');
    t.regex((await runIn(folder, ['runs', 'show', 'more', '--data-dir', 'digits', '-q'])).stdout, /pseudoLabels 0\.14/);
    const traced = await runIn(folder, ['analyze', 'trajectory', '--run', 'more', '--data-dir', 'digits', '-q']);
    t.is(traced.code, 2);
    t.regex(traced.stderr, /expected a run without pseudo-labels/);
  },
);

test.serial('what makes no sense is refused before anything is trained', async (t) => {
  for (const [words, sentence] of [
    [['--confidence', '0.9'], /^Expected --pseudo-labels beside --confidence, got it alone\./],
    [
      ['--pseudo-labels', '--confidence', '0'],
      /^Expected --confidence to be a probability above 0 and up to 1, such as 0\.95, got "0"\./,
    ],
    [['--pseudo-labels', '--confidence', '1.1'], /^Expected --confidence to be a probability/],
    [['--pseudo-labels', '--confidence', 'NaN'], /^Expected --confidence to be a probability/],
  ] as const) {
    const { code, stdout, stderr } = await submit(...words, '-q');
    t.deepEqual([code, stdout], [2, ''], words.join(' '));
    t.regex(stderr, sentence);
  }
});
