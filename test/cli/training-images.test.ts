/** What a submit trains on: a holdout, and pseudo-labels. */
import test from 'ava';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runIn } from './in-process.ts';
import { sharedProject } from './process.ts';

const { folder, data } = sharedProject();
const here = (...words: string[]) => runIn(folder, words);
const submit = (...words: string[]) =>
  here('submit', ...data, '--method', 'plain', '--params', 'default', '--epochs', '2', '-q', ...words);

test.serial('a holdout is one fold: all that is scored is of its images, and says so', async (t) => {
  const { code, stdout, stderr } = await submit('--holdout', '0.1', '--name', 'held', '--probabilities', '--json');
  t.is(code, 0, stderr);
  const { folds, trainFolds, methods } = JSON.parse(stdout);
  const { plain } = methods;
  t.deepEqual([folds, trainFolds, plain.folds.length], [10, 1, 1]);
  t.deepEqual([plain.train.n, plain.outOfFold.n, plain.test.n], [180, 20, 100]);
  t.deepEqual(plain.outOfFold, plain.folds[0].validation);
  const table = await readFile(join(folder, plain.probabilities.outOfFold.file), 'utf8');
  t.is(table.trim().split('\n').length, 1 + 20);

  const shown = await here('runs', 'show', 'held', '--data-dir', 'digits', '-q');
  t.regex(shown.stdout, /folds 1 of 10, /);
  t.regex(shown.stdout, /\n mean over images +20 +20 /);
  t.regex(await readFile(join(folder, 'submissions/synthetic-digits/held/comparison.md'), 'utf8'), /, 1 of 10 folds, /);
  // Labels are suspected among the images of the holdout, by their place among all.
  const suspected = JSON.parse(
    (await here('data', 'show', ...data, '--run', 'held', '--json', '-q')).stdout,
  ).labels.suspected.map(({ row }: { row: number }) => row);
  const held = new Set(table.split('\n').map((line) => Number(line.split(',')[0]) - 1));
  t.true(suspected.length > 0 && suspected.every((row: number) => held.has(row)));
  t.true(suspected.some((row: number) => row >= 20));
});

test.serial('one fold is a holdout of a tenth', async (t) => {
  const { folds, trainFolds } = JSON.parse((await submit('--folds', '1', '--train-folds', '1', '--json')).stdout);
  t.deepEqual([folds, trainFolds], [10, 1]);
  const { code, stderr } = await submit('--folds', '1', '--train-folds', '2');
  t.is(code, 2);
  t.regex(
    stderr,
    /^Expected --train-folds beside two folds or more, got it beside --folds 1, .* Raise --folds to 2 at/,
  );
});

test.serial('the first fold of several is trained as among all of them', async (t) => {
  const all = JSON.parse((await submit('--folds', '4', '--name', 'all', '--json')).stdout).methods.plain;
  const some = JSON.parse((await submit('--folds', '4', '--train-folds', '2', '--json')).stdout).methods.plain;
  t.deepEqual(some.folds, all.folds.slice(0, 2));
  t.is(some.outOfFold.n, 100);
});

test.serial(
  '--averages scores the last weights, their EMA and their SWA of one training, which stays as it is',
  async (t) => {
    const swa = async (...words: string[]) => {
      const { code, stdout, stderr } = await here(
        'submit',
        ...data,
        '--method',
        'swa',
        '--params',
        'default',
        '--fix',
        'swaCycle=0',
        '--epochs',
        '8',
        '--holdout',
        '0.1',
        '-q',
        '--json',
        ...words,
      );
      t.is(code, 0, stderr);
      return JSON.parse(stdout).methods.swa;
    };
    const [alone, found] = [await swa(), await swa('--averages', '--name', 'averaged')];
    t.is(alone.averages, undefined);
    t.is(found.sha256, alone.sha256);
    t.deepEqual(found.outOfFold, alone.outOfFold);
    t.deepEqual(Object.keys(found.averages), ['last', 'ema', 'swa']);
    t.deepEqual(found.averages.swa, found.outOfFold);
    t.regex((await submit('--averages')).stderr, /swa: expected at least \d+ epochs, for two points to average/);
    t.deepEqual([found.averages.last.n, found.averages.ema.n], [20, 20]);
    const said = /Out of fold from the same training of swa: last weights \S+ ± \S+, EMA \S+ ± \S+, SWA \S+ ± \S+\./;
    t.regex((await here('runs', 'show', 'averaged', '--data-dir', 'digits', '-q')).stdout, said);
    t.regex((await here('compare', '--data-dir', 'digits', '--competition', 'synthetic-digits', '-q')).stdout, said);
    t.regex(await readFile(join(folder, 'submissions/synthetic-digits/averaged/comparison.md'), 'utf8'), said);
  },
);

test.serial('blends of runs with a holdout are scored on it, and other holdouts are refused', async (t) => {
  t.is((await submit('--folds', '1', '--model', 'mlp', '--name', 'longer')).code, 0);
  t.is((await submit('--holdout', '0.2', '--name', 'fifth')).code, 0);
  const blend = (...words: string[]) => here('blend', ...words, '--data-dir', 'digits', '-q', '--json');
  const { code, stdout, stderr } = await blend('held', 'longer', 'all', '--name', 'both');
  t.is(code, 0, stderr);
  const { methods, members, trainFolds } = JSON.parse(stdout);
  t.deepEqual([methods.blend.outOfFold.n, methods.blend.train.n, trainFolds], [20, 20, 1]);
  t.deepEqual(
    members.map((member: { outOfFold: { n: number } }) => member.outOfFold.n),
    [20, 20, 20],
  );
  t.is((await blend('both', 'held', '--way', 'mean')).code, 0);

  const others = await blend('held', 'fifth');
  t.regex(
    others.stderr,
    /fifth: expected out-of-fold predictions of the same images as held has, which trained 1 of 10 folds of seed 1, got those of 1 of 5 folds of seed 1\./,
  );
});

const refused: readonly (readonly [words: string[], sentence: RegExp])[] = [
  [['--holdout', '0'], /one over a whole number from 2 to 256, .* has no honest score/],
  [['--holdout', '0.3'], /one over a whole number from 2 to 256, .* got "0\.3"\./],
  [['--holdout', '1'], /one over a whole number from 2 to 256/],
  [['--holdout', '0.1', '--folds', '3'], /Expected --holdout, or --folds and --train-folds, got both/],
  [['--folds', '3', '--train-folds', '4'], /Expected --train-folds to be at most the 3 folds, got 4\./],
  [['--holdout', '0.004'], /expected at least 250 images for 250 folds, got 200\./],
];

test.serial('a holdout that cannot be is refused before anything is trained', async (t) => {
  for (const [words, sentence] of refused) {
    const { code, stderr } = await submit(...words);
    t.not(code, 0, words.join(' '));
    t.regex(stderr, sentence);
  }
});

// Submits that also learn from test images.

const pseudo = sharedProject();
const submitPseudo = (...words: string[]) =>
  runIn(pseudo.folder, [
    'submit',
    ...pseudo.data,
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
    const { code, stdout, stderr } = await submitPseudo(
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
    const record = JSON.parse(await readFile(join(pseudo.folder, plain.run, 'record.json'), 'utf8'));
    t.deepEqual(record.configuration.pseudoLabels, { confidence: 0.14 });
    t.deepEqual(
      record.folds.map((fold: { pseudoLabels: number }) => fold.pseudoLabels),
      counts,
    );

    const again = await submitPseudo('--pseudo-labels', '--confidence', '0.14', '--workers', '1', '-q');
    t.regex(
      again.stdout,
      new RegExp(
        `plain: its folds have learned from ${counts.join(', ')} test images too, .*at least 0\\.14\\. No score counts these labels\\.`,
      ),
    );
    t.regex(again.stdout, /pseudoLabels 0\.14/);
    const { competitions } = JSON.parse((await runIn(pseudo.folder, ['leaderboard', '--json'])).stdout);
    const digests = new Set(competitions[0].submissions.map((row: { sha256: string }) => row.sha256));
    t.is(digests.size, 1, 'the same bytes for any number of workers');
    t.regex(
      (await runIn(pseudo.folder, ['runs', 'show', 'more', '--data-dir', 'digits', '-q'])).stdout,
      /pseudoLabels 0\.14/,
    );
    const traced = await runIn(pseudo.folder, ['analyze', 'trajectory', '--run', 'more', '--data-dir', 'digits', '-q']);
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
    const { code, stdout, stderr } = await submitPseudo(...words, '-q');
    t.deepEqual([code, stdout], [2, ''], words.join(' '));
    t.regex(stderr, sentence);
  }
});
