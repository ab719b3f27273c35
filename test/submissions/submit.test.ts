import test from 'ava';
import { DivergedError } from '../../pipeline/diverged-error.ts';
import type { ExecutionContext } from 'ava';
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Piscina } from 'piscina';
import { loadTest } from '../../data/load.ts';
import { loadSolution } from '../../data/solution.ts';
import { UserError } from '../../base/user-error.ts';
import { createPool } from '../../pipeline/pool.ts';
import { readRun } from '../../records/run.ts';
import { predict, type PredictTask } from '../../pipeline/worker.ts';
import { readComparison } from '../../records/comparison.ts';
import { readSubmission } from '../../submissions/submission.ts';
import { submit } from '../../submissions/submit.ts';
import type { SubmitTask } from '../../submissions/submit-task.ts';
import { readSubmits } from '../../submissions/submit-folder.ts';
import { comparisonMarkdown } from '../../submissions/table.ts';
import type { MethodName } from '../../pipeline/methods/index.ts';
import { method, small, smallTask, TEST_IMAGES, TRAIN_IMAGES } from './small.ts';

const pool = createPool(2);
test.after.always(() => pool.destroy());

/** A pool that fails the test when anything is trained or predicted. */
const untouched = (t: ExecutionContext): Piscina =>
  ({ run: () => t.fail('Expected an error before any training.') }) as unknown as Piscina;

const filesOf = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

test('a submit run writes submissions, comparison and records that fit each other', async (t) => {
  const task = await smallTask(t);
  const result = await submit(pool, task);
  const files = ['comparison.json', 'comparison.md', 'plain.csv', 'swa.csv'];
  t.deepEqual((await filesOf(task.outDir)).toSorted(), [result.name!, 'latest']);
  for (const folder of [result.name!, 'latest']) {
    t.deepEqual((await filesOf(join(task.outDir, folder))).toSorted(), files);
    t.deepEqual(await readComparison(join(task.outDir, folder)), JSON.parse(JSON.stringify(result)));
  }
  t.is(await readFile(result.files.markdown, 'utf8'), comparisonMarkdown(result));

  const solution = await loadSolution(join(task.dataDir, 'solution.csv'), small);
  for (const { params, train, outOfFold, test: score, submission, sha256, folds, run } of Object.values(
    result.methods,
  )) {
    const bytes = await readFile(submission);
    t.is(createHash('sha256').update(bytes).digest('hex'), sha256);
    const { ids, labels } = await readSubmission(submission, small);
    t.deepEqual(ids, (await loadTest(small, task)).ids);
    const right = solution.filter(({ label }, row) => label === labels[row]);
    t.is(score?.accuracy, right.length / TEST_IMAGES);
    t.is(score?.public?.n, TEST_IMAGES / 4);
    t.is(score?.private?.n, (3 * TEST_IMAGES) / 4);
    t.deepEqual([train.n, outOfFold.n, folds.length], [TRAIN_IMAGES, TRAIN_IMAGES, task.folds]);

    const { record } = await readRun(run);
    t.is(dirname(run), task.runsDir);
    t.deepEqual(record.configuration.parameters, params);
    t.deepEqual(record.scores, { train, outOfFold, test: score });
    t.deepEqual(record.submission, { file: submission, sha256 });
    t.deepEqual(
      record.folds.map(({ epochs }) => epochs.length),
      [task.epochs, task.epochs],
    );
  }
});

test('the recorded weights predict the submitted labels', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('swa')] };
  const { swa } = (await submit(pool, task)).methods;
  const { solutions } = await readRun(swa.run);
  const { images } = await loadTest(small, task);
  // One ensemble of all folds is the mean of the folds' means, since each fold has one solution.
  const probabilities = await predict({ ...task, solutions: solutions.flat(), images });
  const { labels } = await readSubmission(swa.submission, small);
  for (let row = 0; row < labels.length; row += 1) {
    const ofRow = probabilities.subarray(row * 10, row * 10 + 10);
    t.is(labels[row], ofRow.indexOf(Math.max(...ofRow)));
  }
});

test('the same seed gives the same bytes with one worker and with two, and another seed gives others', async (t) => {
  const task = await smallTask(t);
  const digests = async (workers: Piscina, seed: number): Promise<string[]> =>
    Object.values((await submit(workers, { ...task, seed })).methods).map(({ sha256 }) => sha256);
  const one = createPool(1);
  t.teardown(() => one.destroy());
  const expected = await digests(one, 1);
  t.deepEqual(await digests(pool, 1), expected);
  t.notDeepEqual(await digests(pool, 2), expected);
});

test('the answers to the test images change the scores and nothing else', async (t) => {
  const task = await smallTask(t);
  const known = await submit(pool, task);
  const solutionFile = join(dirname(task.dataDir), 'wrong.csv');
  await writeFile(solutionFile, 'ImageId,Label\n1,0\n2,0\n3,0\n');
  const wrong = await submit(pool, { ...task, solutionFile });
  await rm(join(task.dataDir, 'solution.csv'));
  const unknown = await submit(pool, task);
  for (const id of ['swa', 'plain']) {
    t.is(wrong.methods[id].sha256, known.methods[id].sha256);
    t.is(unknown.methods[id].sha256, known.methods[id].sha256);
    t.is(wrong.methods[id].test?.n, 3);
    t.is(unknown.methods[id].test, null);
  }
  t.is(wrong.comparison?.pairs[0].test?.n, 3);
  t.is(unknown.comparison?.pairs[0].test, null);
  t.is(unknown.comparison?.pairs[0].outOfFold.n, TRAIN_IMAGES);
});

test('one method alone is submitted and compared with nothing', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('plain')] };
  const { comparison, files } = await submit(pool, task);
  t.is(comparison, null);
  t.deepEqual(await readComparison(join(task.outDir, 'latest')).then(({ methods }) => Object.keys(methods)), ['plain']);
  const { learningRate } = task.methods[0].parameters;
  t.true((await readFile(files.markdown, 'utf8')).includes(`\n| plain | learningRate ${learningRate}, `));
});

test('a fold that diverges ends the run without a submission; the finished method keeps its record', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('plain'), method('swa', { learningRate: 1e30 })] };
  const error = await t.throwsAsync(() => submit(pool, task), { instanceOf: DivergedError });
  t.regex(
    error.message,
    /^swa: fold [12] diverged in epoch 1 \(step \d+\) at learning rate [\d.]+e\+(30|29)\. Lower `learningRate` \(1e\+30, by/,
  );
  t.deepEqual(await filesOf(task.outDir), []);
  t.is((await filesOf(task.runsDir)).length, 1);
});

test('probabilities that are no numbers are never submitted', async (t) => {
  const task = await smallTask(t);
  const broken = {
    run: async (work: PredictTask, options: { name: string }) => {
      const result = await pool.run(work, options);
      if (options.name === 'predict') result[42] = NaN;
      return result;
    },
  } as unknown as Piscina;
  const error = await t.throwsAsync(() => submit(broken, task), { instanceOf: DivergedError });
  t.regex(error.message, /^swa: expected finite probabilities for all test images, got others/);
  t.deepEqual([...(await filesOf(task.outDir)), ...(await filesOf(task.runsDir))], []);
});

test('an abort in the middle of training leaves no file', async (t) => {
  const task = { ...(await smallTask(t)), epochs: 1000 };
  const own = createPool(2); // An abort ends the threads of a pool, and other tests would wait for new ones.
  t.teardown(() => own.destroy());
  const controller = new AbortController();
  const { signal } = controller;
  await t.throwsAsync(() => submit(own, task, { signal, onEpoch: () => controller.abort() }), { name: 'AbortError' });
  t.deepEqual([...(await filesOf(task.outDir)), ...(await filesOf(task.runsDir))], []);
});

test('an abort during the second method leaves the submissions alone; the first one keeps its record', async (t) => {
  const task = await smallTask(t);
  const own = createPool(2);
  t.teardown(() => own.destroy());
  const controller = new AbortController();
  const onMethod = (id: string): void => {
    if (id === 'plain') controller.abort();
  };
  await t.throwsAsync(() => submit(own, task, { signal: controller.signal, onMethod }), { name: 'AbortError' });
  t.deepEqual(await filesOf(task.outDir), []);
  const [run] = await filesOf(task.runsDir);
  t.is((await readRun(join(task.runsDir, run))).record.configuration.method, 'swa');
});

test('two runs into the same folders at once both end whole', async (t) => {
  const task = await smallTask(t);
  const [first, second] = await Promise.all([submit(pool, task), submit(pool, task)]);
  t.is(first.methods.swa.sha256, second.methods.swa.sha256);
  t.not(first.name, second.name);
  t.deepEqual((await filesOf(task.outDir)).toSorted(), [first.name!, second.name!, 'latest'].toSorted());
  const runs = [first, second].flatMap(({ methods }) => Object.values(methods).map(({ run }) => run));
  for (const run of runs) await readRun(run);
  t.deepEqual((await filesOf(task.runsDir)).length, new Set(runs).size);
  t.is(runs.length, 4);
});

type Spoil = (task: SubmitTask & { dataDir: string }) => Promise<Partial<SubmitTask> | void>;
const sample =
  (text: string): Spoil =>
  (task) =>
    writeFile(join(task.dataDir, 'sample_submission.csv'), text);
const inOutDir = async (task: SubmitTask, name: string, text: string): Promise<void> => {
  const folder = join(task.outDir, 'latest');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, name), text);
};

const mistakes: [what: string, spoil: Spoil, message: RegExp][] = [
  [
    'a short sample submission',
    sample('ImageId,Label\n1,0\n'),
    /sample_submission\.csv .*99 of the 100 test images are not in the sample submission, the first one 2\./,
  ],
  ['a missing test file', ({ dataDir }) => rm(join(dataDir, 'test.csv')), /: expected test\.csv /],
  [
    'a solution of other images',
    async ({ dataDir }) => writeFile(join(dataDir, 'solution.csv'), 'ImageId,Label\n101,0\n'),
    /solution\.csv: expected ids among the 100 of the test images, 1 … 100, got 101\./,
  ],
  [
    'a named solution that is not there',
    async ({ dataDir }) => ({ solutionFile: join(dataDir, 'none.csv') }),
    /none\.csv: expected a solution file/,
  ],
  ['no method', async () => ({ methods: [] }), /^Expected one or more different methods, got ""/],
  ['a method twice', async () => ({ methods: [method('swa'), method('swa')] }), /different methods, got "swa,swa"/],
  [
    'an unknown method',
    async () => ({ methods: [{ ...method('swa'), id: 'fast' as MethodName }] }),
    /^Unknown method "fast"\. Known: plain, swa, /,
  ],
  ['an unknown engine', async () => ({ engine: 'gpu' }), /^Unknown engine "gpu"\./],
  ['more folds than images', async () => ({ folds: 201 }), /train\.csv: expected at least 201 images for 201 folds/],
  [
    'a file in the place of the output folder',
    async (task) => ({ outDir: join(task.dataDir, 'test.csv') }),
    /test\.csv: expected a folder, got a file there or above it\. Move the file away, or name another output folder\./,
  ],
  [
    'a file in the place of the folder of runs',
    async (task) => ({ runsDir: join(task.dataDir, 'test.csv') }),
    /test\.csv: expected a folder, got a file there or above it\. Move the file away, or name another output folder\./,
  ],
  [
    'another CSV with the name of a method',
    (task) => inOutDir(task, 'plain.csv', 'a,b\n1,2\n'),
    /plain\.csv: expected a/,
  ],
  [
    'a comparison of another competition',
    (task) => inOutDir(task, 'comparison.json', '{\n  "competition": "other",\n'),
    /comparison\.json: expected a comparison of small-digits to replace/,
  ],
];

for (const [what, spoil, message] of mistakes) {
  test(`${what} is told before training, and no file is written`, async (t) => {
    const task = await smallTask(t);
    const spoilt = { ...task, ...(await spoil(task)) };
    const before = await filesOf(task.outDir);
    await t.throwsAsync(() => submit(untouched(t), spoilt), { instanceOf: UserError, message });
    t.deepEqual(await filesOf(task.outDir), before);
    t.deepEqual(await filesOf(task.runsDir), []);
  });
}

test('a submit overwrites no other; latest has the files of the newest alone', async (t) => {
  const task = await smallTask(t);
  const digestOf = async (...path: string[]): Promise<string> =>
    createHash('sha256')
      .update(await readFile(join(task.outDir, ...path)))
      .digest('hex');
  const first = await submit(pool, { ...task, name: 'first' });
  await writeFile(join(task.outDir, 'latest', 'notes.txt'), 'mine');
  const second = await submit(pool, { ...task, methods: [method('plain')], seed: 2, name: 'second' });
  t.not(first.methods.plain.sha256, second.methods.plain.sha256);
  t.is(await digestOf('first', 'plain.csv'), first.methods.plain.sha256);
  t.is(await digestOf('first', 'swa.csv'), first.methods.swa.sha256);
  t.is(await digestOf('second', 'plain.csv'), second.methods.plain.sha256);
  t.is(await digestOf('latest', 'plain.csv'), second.methods.plain.sha256);
  t.deepEqual((await filesOf(join(task.outDir, 'latest'))).toSorted(), [
    'comparison.json',
    'comparison.md',
    'notes.txt',
    'plain.csv',
  ]);
  const { submits, unreadable } = await readSubmits(task.outDir);
  t.deepEqual(
    submits.map(({ name }) => name),
    ['second', 'first'],
  );
  t.deepEqual(unreadable, []);
  await t.throwsAsync(() => submit(untouched(t), { ...task, name: 'first' }), {
    instanceOf: UserError,
    message: /first: expected a name that no submit has, got one that is taken\. Choose another --name/,
  });
});

test('a submit of an earlier version, whose files lie beside the folders, is read too', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('plain')] };
  const { name: _name, startedAt: _startedAt, ...old } = await submit(pool, task);
  await writeFile(join(task.outDir, 'comparison.json'), JSON.stringify(old));
  const { submits } = await readSubmits(task.outDir);
  t.deepEqual(submits[1], JSON.parse(JSON.stringify(old)));
});

test('a copied submit goes by its own folder, although its file has the name of the other', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('plain')], name: 'one', probabilities: true };
  await submit(pool, task);
  await cp(join(task.outDir, 'one'), join(task.outDir, 'two'), { recursive: true });
  const { submits } = await readSubmits(task.outDir);
  t.deepEqual(new Set(submits.map(({ name }) => name)), new Set(['one', 'two']));
  for (const { name, methods, files } of submits) {
    const { submission, probabilities } = methods.plain;
    for (const file of [files.json, submission, probabilities!.outOfFold.file]) t.is(basename(dirname(file)), name!);
  }
});

test('a comparison that is missing or damaged is named', async (t) => {
  const { outDir } = await smallTask(t);
  const read = (): Promise<unknown> => readComparison(outDir);
  await t.throwsAsync(read, {
    instanceOf: UserError,
    message: /comparison\.json: .*found none that can be read\. Run/,
  });
  await mkdir(outDir, { recursive: true });
  await writeFile(join(outDir, 'comparison.json'), '{"competition":');
  await t.throwsAsync(read, { instanceOf: UserError, message: /comparison\.json: .*something that is not JSON\. Run/ });
  await writeFile(join(outDir, 'comparison.json'), '{"competition":"x"}');
  await t.throwsAsync(read, { instanceOf: UserError, message: /`seed` in .*comparison\.json to be a whole number/ });
});

test('training sees the labels of the training file', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('plain')], epochs: 12 };
  const { train, test: score } = (await submit(pool, task)).methods.plain;
  t.true(train.accuracy > 0.5, `got ${train.accuracy}`);
  t.true((score?.accuracy ?? 0) > 0.4, `got ${score?.accuracy}`);
});

test('a folder that is gone when the training ends is made anew', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('plain')] };
  const moved: string[] = [];
  const { methods, files } = await submit(pool, task, {
    onEpoch: () => {
      rmSync(task.outDir, { recursive: true, force: true });
      rmSync(task.runsDir, { recursive: true, force: true });
    },
    onMoved: (sentence) => moved.push(sentence),
  });
  t.deepEqual(moved, []);
  const folder = dirname(files.json);
  t.is(dirname(folder), task.outDir);
  t.is((await readRun(methods['plain'].run)).record.submission.file, join(folder, 'plain.csv'));
  t.deepEqual((await filesOf(folder)).toSorted(), ['comparison.json', 'comparison.md', 'plain.csv']);
});

test('what can no longer be written where it was meant to be is written beside it, and said', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('plain')] };
  const moved: string[] = [];
  const result = await submit(pool, task, {
    onEpoch: () => {
      for (const folder of [task.outDir, task.runsDir]) {
        rmSync(folder, { recursive: true, force: true });
        writeFileSync(folder, 'a file of somebody');
      }
    },
    onMoved: (sentence) => moved.push(sentence),
  });
  const { run, submission, sha256 } = result.methods['plain'];
  t.true(run.startsWith(`${task.runsDir}-`), run);
  t.true(submission.startsWith(`${task.outDir}-`), submission);
  t.is(moved.length, 2);
  t.true(moved[0].endsWith(`Written to ${dirname(run)} in its place.`), moved[0]);
  t.true(moved[1].endsWith(`Written to ${dirname(dirname(submission))} in its place.`), moved[1]);
  t.is((await readRun(run)).record.submission.sha256, sha256);
  t.is(
    createHash('sha256')
      .update(await readFile(submission))
      .digest('hex'),
    sha256,
  );
  t.deepEqual(await readComparison(dirname(submission)), JSON.parse(JSON.stringify(result)));
  t.is(await readFile(task.outDir, 'utf8'), 'a file of somebody');
});

test('a file that somebody has put there during the training stays', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('plain')] };
  const foreign = join(task.outDir, 'latest', 'plain.csv');
  const moved: string[] = [];
  const result = await submit(pool, task, {
    onEpoch: () => {
      mkdirSync(dirname(foreign), { recursive: true });
      writeFileSync(foreign, 'mine');
    },
    onMoved: (sentence) => moved.push(sentence),
  });
  t.is(await readFile(foreign, 'utf8'), 'mine');
  t.regex(moved.join(), /plain\.csv: expected a submission to replace or no file, got something else.* still has the /);
  await readSubmission(result.methods['plain'].submission, small);
});

// Nobody may make folders in /sys.
(process.platform === 'linux' ? test : test.skip)(
  'where runs may not be written, they go into the output folder, which is said first',
  async (t) => {
    const task = { ...(await smallTask(t)), methods: [method('plain')], runsDir: '/sys/runs' };
    const moved: string[] = [];
    const { methods } = await submit(pool, task, { onMoved: (sentence) => moved.push(sentence) });
    t.is(dirname(methods['plain'].run), join(task.outDir, 'runs'));
    t.is(moved.length, 1);
    t.regex(moved[0], /^\/sys\/runs: cannot be written \(E\w+: .*\)\. .* Runs go to .*runs in its place\.$/);
  },
);
