import test from 'ava';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesIn, run, smallProject, start, temporaryFolder, withoutReports } from './process.ts';
import { runIn } from './in-process.ts';
import { publish, published } from '../data/published.ts';

const small = ['--epochs', '12', '--folds', '2'];

interface ScoreJson {
  n: number;
}

/** What the test looks at. */
interface MethodJson {
  params: { learningRate: number };
  folds: { train: ScoreJson; validation: ScoreJson }[];
  train: ScoreJson;
  outOfFold: ScoreJson;
  test: ScoreJson & { public: ScoreJson; private: ScoreJson };
  submission: string;
  sha256: string;
  seconds: number;
}

test('submit --json prints the result of each method and nothing else', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const { code, stdout, stderr } = await run(folder, ['submit', ...data, ...small, '--json']);
  t.is(code, 0, stderr);
  t.is(stdout.trimEnd().split('\n').length, 1);
  const result = JSON.parse(stdout);
  t.deepEqual([result.competition, result.seed, result.engine], ['synthetic-digits', 1, 'simd']);
  t.deepEqual(Object.keys(result.methods), ['swa', 'plain']);
  for (const [id, method] of Object.entries<MethodJson>(result.methods)) {
    t.is(method.folds.length, 2);
    for (const { train, validation } of method.folds) {
      t.deepEqual([train.n, validation.n], [100, 100]);
    }
    t.deepEqual([method.train.n, method.outOfFold.n, method.test.n], [200, 200, 100]);
    t.deepEqual(Object.keys(method.outOfFold).toSorted(), ['accuracy', 'n', 'standardError']);
    t.deepEqual([method.test.public.n, method.test.private.n], [25, 75]);
    t.is(method.submission, `submissions/synthetic-digits/${result.name}/${id}.csv`);
    t.true(method.seconds > 0 && method.params.learningRate > 0);
    const csv = await readFile(join(folder, method.submission));
    t.is(createHash('sha256').update(csv).digest('hex'), method.sha256);
    t.is(csv.toString().split('\n').length, 102);
  }
});

test('submit --probabilities writes tables for people and other programs, and names them', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const words = ['submit', ...data, '--method', 'plain', '--folds', '2', '--epochs', '1'];
  const { code, stdout, stderr } = await runIn(folder, [...words, '--probabilities', '--name', 'tables']);
  t.is(code, 0, stderr);
  t.regex(stdout, /^Written: .*tables\/plain\.csv, .*\/plain-probabilities\.csv, .*\/plain-out-of-fold\.csv, /m);
  const { plain } = JSON.parse((await runIn(folder, ['compare', ...data, 'tables', '--json'])).stdout).methods;
  for (const [{ file, sha256 }, rows] of [
    [plain.probabilities.test, 100],
    [plain.probabilities.outOfFold, 200],
  ] as const) {
    const csv = await readFile(join(folder, file));
    t.is(createHash('sha256').update(csv).digest('hex'), sha256);
    t.is(csv.toString().split('\n').length, rows + 2);
  }
});

test('without a search the defaults are taken, with one the best, and submit says which', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const submit = ['submit', ...data, ...small, '--method', 'plain', '--json'];
  const first = await runIn(folder, submit);
  t.is(JSON.parse(first.stdout).methods.plain.paramsFrom, 'defaults');
  t.regex(first.stderr, /plain parameters: defaults \(there is no search in runs\/studies\.db\)/);

  const search = await runIn(folder, ['search', ...data, ...small, '--method', 'plain', '--trials', '2', '--json']);
  const { best, study } = JSON.parse(search.stdout).methods.plain;
  const second = JSON.parse((await runIn(folder, submit)).stdout).methods.plain;
  t.is(second.paramsFrom, `trial ${best.number} of study ${study}`);
  t.like(second.params, best.params);

  await writeFile(join(folder, 'search.json'), search.stdout);
  const third = JSON.parse((await runIn(folder, [...submit, '--params', 'search.json'])).stdout).methods.plain;
  t.deepEqual(third.params, second.params);
  t.is(third.sha256, second.sha256);
});

test('a parameter file holds one set for all methods, or one for each', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  await writeFile(join(folder, 'all.json'), '{"momentum": 0.5}');
  await writeFile(join(folder, 'each.json'), '{"swa": {"momentum": 0.5}, "plain": {"momentum": 0.6}}');
  await writeFile(join(folder, 'one.json'), '{"swa": {"momentum": 0.5}}');
  await writeFile(join(folder, 'wrong.json'), '{"momentum": 1.5}');
  const momenta = async (file: string): Promise<unknown> => {
    const { code, stdout, stderr } = await runIn(folder, [
      'submit',
      ...data,
      ...small,
      '--params',
      file,
      '--json',
      '-q',
    ]);
    if (code !== 0) return [code, stderr];
    const { swa, plain } = JSON.parse(stdout).methods;
    return [swa.params.momentum, plain.params.momentum];
  };
  t.deepEqual(await momenta('all.json'), [0.5, 0.5]);
  t.deepEqual(await momenta('each.json'), [0.5, 0.6]);
  t.deepEqual(await momenta('one.json'), [
    2,
    'one.json: expected an object with the parameters of plain, found none. Add it to the file.\n',
  ]);
  t.deepEqual(await momenta('wrong.json'), [
    2,
    'Expected `momentum` in the parameters of swa in wrong.json to be in [0, 1), got 1.5.\n',
  ]);
});

test('the same seed gives the same submission bytes with one and with two workers', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const digests = await Promise.all(
    ['1', '2'].map(async (workers) => {
      const outDir = `out-${workers}`;
      const words = ['submit', ...data, ...small, '--workers', workers, '--out-dir', outDir, '--json'];
      const { swa, plain } = JSON.parse((await runIn(folder, words)).stdout).methods;
      return [swa.sha256, plain.sha256];
    }),
  );
  t.deepEqual(digests[0], digests[1]);
});

test('Ctrl-C during training leaves no submission and no run', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const before = await filesIn(folder);
  const words = ['submit', ...data, '--folds', '2', '--epochs', '200'];
  const { code, stdout, stderr } = await start(folder, words, {}, { signal: 'SIGTERM', at: 'swa   40 of 400 epochs' })
    .ended;
  t.deepEqual({ code, stdout }, { code: 143, stdout: '' });
  t.regex(stderr, /start again with: npm run submit -- --competition synthetic-digits .* --epochs 200\n$/);
  t.deepEqual(await filesIn(folder), before);
});

test('start does the whole job and ends with the sentence that says which method did better', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const words = ['start', ...data, ...small, '--trials', '2', '--search-epochs', '12', '--search-folds', '2'];
  const { code, stdout, stderr } = await runIn(folder, words);
  t.is(code, 0, stderr);
  t.regex(stdout, /SWA +plain\n/);
  t.regex(stdout, /^(A tie between|SWA beats|plain beats) .* standard errors/m);
  const files = await filesIn(join(folder, 'submissions/synthetic-digits/latest'));
  t.deepEqual(files, ['comparison.json', 'comparison.md', 'plain.csv', 'swa.csv']);

  const shown = await runIn(folder, ['compare', ...data]);
  t.is(shown.code, 0);
  t.is(shown.stdout, stdout.replace('\nWritten: ', '\nFiles: '));
});

test('two submits keep their files, compare shows both, and the leaderboard knows each', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const submit = ['submit', ...data, '--method', 'plain', '--folds', '2', '--params', 'default', '-q'];
  t.is((await runIn(folder, [...submit, '--epochs', '3', '--name', 'good'])).code, 0);
  t.is((await runIn(folder, [...submit, '--epochs', '1', '--name', 'short'])).code, 0);
  const refused = await runIn(folder, [...submit, '--name', 'good']);
  t.deepEqual([refused.code, refused.stdout], [2, '']);
  t.regex(refused.stderr, /^submissions\/synthetic-digits\/good: expected a name that no submit has/);
  t.regex((await runIn(folder, [...submit, '--name', '../good'])).stderr, /^Expected --name to be 1 to 60 letters/);

  const { submits } = JSON.parse((await runIn(folder, ['compare', ...data, '--json'])).stdout);
  t.deepEqual(
    submits.map(({ name }: { name: string }) => name),
    ['short', 'good'],
  );
  const shown = await runIn(folder, ['compare', ...data]);
  t.regex(shown.stdout, /^ good +plain .*\n short +plain .*\n\nThe newest, short:\n/m);
  t.regex(shown.stdout, /\n\nFiles: \S+\/short\/plain\.csv, \S+\n\nA copy: submissions\/synthetic-digits\/latest\n$/);
  const older = (await runIn(folder, ['compare', ...data, 'good'])).stdout;
  t.regex(older, /\n\nFiles: \S+\/good\/plain\.csv, \S+\n$/);
  t.is(JSON.parse((await runIn(folder, ['compare', ...data, 'good', '--json'])).stdout).epochs, 3);
  t.regex((await runIn(folder, ['compare', ...data, 'bad'])).stderr, /expected a submit of the name "bad"/);
  const { competitions } = JSON.parse((await runIn(folder, ['leaderboard', '--json'])).stdout);
  t.deepEqual(
    competitions[0].submissions.map(({ isThere }: { isThere: boolean }) => isThere),
    [true, true],
  );
});

test('compare takes the competition that has submits, and says which others have some', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const submit = ['submit', ...data, '--method', 'plain', '--folds', '2', '--params', 'default'];
  t.is((await runIn(folder, [...submit, '--epochs', '1', '--name', 'digits', '-q'])).code, 0);
  // Nothing here is of the built-in competition any more.
  const submissions = join(folder, 'submissions');
  const of = async (competition: string, name: string, startedAt: string): Promise<void> => {
    const target = join(submissions, competition, name);
    await cp(join(submissions, 'synthetic-digits/digits'), target, { recursive: true });
    const file = join(target, 'comparison.json');
    const found = JSON.parse(await readFile(file, 'utf8'));
    // The beginning of the file says whose it is.
    await writeFile(file, `${JSON.stringify({ ...found, competition, startedAt }, null, 2)}\n`);
  };
  await of('fashion-mnist', 'shirts', '2030-01-01T00:00:00.000Z');
  await of('mnist', 'ones', '2029-01-01T00:00:00.000Z');
  await rm(join(submissions, 'synthetic-digits'), { recursive: true });

  const newest = await runIn(folder, ['compare']);
  t.is(newest.code, 0, newest.stderr);
  t.is(
    newest.stderr,
    'Submits of fashion-mnist, the newest. Others with submits: mnist. Name one with --competition.\n',
  );
  t.regex(newest.stdout, /\n\nFiles: submissions\/fashion-mnist\/shirts\/plain\.csv, /);
  t.is(JSON.parse((await runIn(folder, ['compare', '--json'])).stdout).competition, 'fashion-mnist');
  t.regex((await runIn(folder, ['compare', 'ones'])).stdout, /\n\nFiles: submissions\/mnist\/ones\/plain\.csv, /);

  const none = await runIn(folder, ['compare', '--competition', 'synthetic-digits']);
  t.is(none.code, 2);
  t.is(
    none.stderr,
    'submissions/synthetic-digits: expected a submit, found none. Others with submits: fashion-mnist, mnist. ' +
      'Name one with --competition, or train (npm run submit -- --competition synthetic-digits).\n',
  );

  const mixed = await runIn(folder, [
    'compare',
    'submissions/mnist/ones/plain.csv',
    'submissions/fashion-mnist/shirts/plain.csv',
  ]);
  t.is(mixed.code, 2);
  t.regex(
    mixed.stderr,
    /^Expected two submissions to one competition, got one to mnist \(submissions\/mnist\/ones\/plain\.csv\) and one to fashion-mnist \(.*\)\. Name other files, or the competition with --competition\.\n$/,
  );

  await rm(join(submissions, 'mnist'), { recursive: true });
  t.is((await runIn(folder, ['compare'])).stderr, 'Submits of fashion-mnist.\n');
  const files = ['submissions/fashion-mnist/shirts/plain.csv', 'other.csv'];
  const two = await runIn(folder, ['compare', ...files]);
  t.regex(
    two.stderr,
    /^Data: fashion-mnist, since submissions\/fashion-mnist\/shirts\/plain\.csv is of a submit of it\.\n/,
  );
  const names = await runIn(folder, ['compare', 'shirts', 'other']);
  t.is(names.code, 2);
  t.is(
    names.stderr,
    'Expected two submission files to compare, got "shirts", which is none. Name files such as ' +
      'submissions/digit-recognizer/latest/swa.csv; all submits stand beside each other without names.\n',
  );
});

test('a training that is stopped on a plateau says so in the text, the JSON, the record and the report', async (t) => {
  const { folder, data } = await smallProject(t);
  await writeFile(join(folder, 'stop.json'), '{"onPlateau": "stop", "patience": 1, "batchSize": 16}');
  const submit = ['submit', ...data, '--method', 'plain', '--model', 'mlp', '--folds', '2', '--epochs', '60'];
  const { code, stdout, stderr } = await runIn(folder, [...submit, '--params', 'stop.json', '--name', 'stopped']);
  t.is(code, 0, stderr);
  // The epochs that a fold was spared count as done.
  t.regex(stderr, /^ {2}plain 120 of 120 epochs, .*fold \d stopped early/m);
  t.regex(stdout, /^plain: fold 1 stopped on a plateau after epoch \d+ with the weights of epoch \d+, fold 2 /m);
  const { plain } = JSON.parse((await runIn(folder, ['compare', ...data, 'stopped', '--json'])).stdout).methods;
  const record = JSON.parse(await readFile(join(folder, plain.run, 'record.json'), 'utf8'));
  for (const [i, { epochs, ended, restoredEpoch }] of record.folds.entries()) {
    const accuracies: number[] = epochs.map(
      ({ validationAccuracy }: { validationAccuracy: number }) => validationAccuracy,
    );
    t.is(ended, 'plateau');
    t.true(epochs.length < 60, `${epochs.length}`);
    t.is(restoredEpoch, accuracies.indexOf(Math.max(...accuracies)));
    t.like(plain.folds[i], { ended, restoredEpoch, trainedEpochs: epochs.length });
  }
  const report = /^Report: (.*)$/m.exec(stderr)![1];
  t.regex(await readFile(join(folder, report), 'utf8'), /plateau, weights of epoch \d/);
});

test('a training too short for two points of an average is refused before it begins', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const before = await filesIn(folder);
  for (const [command, ...words] of [
    ['submit', '--method', 'fge', '--epochs', '10'],
    ['submit', '--method', 'plain,swa', '--epochs', '11'],
    ['search', '--method', 'sam+swa', '--epochs', '8', '--storage', 'none.db'],
  ]) {
    const { code, stdout, stderr } = await runIn(folder, [command, ...data, '--folds', '2', ...words, '-q']);
    t.deepEqual([code, stdout], [2, '']);
    t.regex(stderr, /^(fge|swa|sam\+swa): expected at least 12 epochs, for two points to average/);
  }
  t.deepEqual(await filesIn(folder), before);
});

const words = ['--method', 'plain', '--trials', '1', '--epochs', '1', '--folds', '2', '--workers', '1', '--json'];

/** Twelve grey images of 3 × 3 in a table. */
async function publishTiny(folder: string): Promise<void> {
  await mkdir(folder);
  const header = ['label', ...Array.from({ length: 9 }, (_, i) => `pixel${i}`)];
  const rows = Array.from({ length: 12 }, (_, i) => [
    i % 2,
    ...Array.from({ length: 9 }, (__, p) => (7 * i + 29 * p) % 256),
  ]);
  const description = {
    id: 'images',
    title: 'Tiny',
    shape: { height: 3, width: 3, channels: 1 },
    classes: ['0', '1'],
    train: { format: 'table', file: 'train.csv', label: 'label', pixels: 'others' },
  };
  await writeFile(join(folder, 'competition.json'), JSON.stringify(description));
  await writeFile(join(folder, 'train.csv'), `${[header, ...rows].map((row) => row.join(',')).join('\n')}\n`);
}

test.serial(
  'without --model, a study is named after the model that trains, which is said with its reason',
  async (t) => {
    const publishPlants = (folder: string) =>
      publish(
        folder,
        published.find(({ name }) => name === 'plant seedlings')!,
      );
    for (const [publishImages, model, reason] of [
      [publishTiny, 'mlp', /^Model: mlp, because images of 3 × 3 are too small for others\. --model takes another\.$/m],
      [publishPlants, 'vgg-slim', /^Model: vgg-slim, because these are colour images of \d+ × \d+\./m],
    ] as const) {
      const folder = await temporaryFolder(t);
      await publishImages(join(folder, 'images'));
      await runIn(folder, ['data', '--data-dir', 'images']);
      const found = await runIn(folder, ['search', '--data-dir', 'images', ...words]);
      t.is(found.code, 0, found.stderr);
      t.regex(found.stderr, reason);
      const { study } = JSON.parse(found.stdout).methods.plain;
      t.regex(study, new RegExp(`^images/${model}/plain/`));
      const asked = await runIn(folder, ['search', '--data-dir', 'images', ...words, '--model', model]);
      t.false(asked.stderr.includes('Model:'), asked.stderr);
      t.is(JSON.parse(asked.stdout).methods.plain.study, study);
    }
  },
);
