import test from 'ava';
import { join } from 'node:path';
import { openStorage } from '../../search/storage/index.ts';
import { readStudy, type StudySnapshot } from '../../search/read-study.ts';
import { isFinished } from '../../search/frozen-trial.ts';
import { filesIn, run, smallProject, start } from './process.ts';
import { runIn } from './in-process.ts';

const small = ['--trials', '3', '--epochs', '12', '--folds', '2'];
/** What the test looks at. */
interface MethodJson {
  study: string;
  trials: unknown;
  best: { value: number; params: object };
  seconds: number;
}

/** More trials than any machine finishes before it is interrupted. */
const long = ['--trials', '1000', '--epochs', '12', '--folds', '2', '--method', 'plain'];

/** The only study in a file. */
async function readOnlyStudy(file: string): Promise<StudySnapshot> {
  const storage = await openStorage(file);
  try {
    const [{ name }] = await storage.listStudies();
    return await readStudy(storage, name);
  } finally {
    await storage.close();
  }
}

/** What the trials of the only study in a file tried, and what came of it. */
async function outcomesIn(file: string): Promise<object[]> {
  const { trials } = await readOnlyStudy(file);
  return trials.map(({ number, state, params, value }) => ({ number, state, params, value }));
}

test('search --json prints the outcome of each method and nothing else', async (t) => {
  const { folder, data } = await smallProject(t);
  const { code, stdout, stderr } = await runIn(folder, ['search', ...data, ...small, '--seed', '7', '--json']);
  t.is(code, 0, stderr);
  const result = JSON.parse(stdout);
  t.is(stdout.trimEnd().split('\n').length, 1);
  t.deepEqual(Object.keys(result), ['competition', 'seed', 'methods']);
  t.is(result.competition, 'synthetic-digits');
  t.is(result.seed, 7);
  t.deepEqual(Object.keys(result.methods), ['swa', 'plain']);
  for (const { study, trials, best, seconds } of Object.values<MethodJson>(result.methods)) {
    t.regex(study, /^synthetic-digits\/digit-cnn\/(swa|plain)\//);
    t.deepEqual(trials, { complete: 3, pruned: 0, failed: 0 });
    t.deepEqual(Object.keys(best).toSorted(), ['number', 'params', 'value']);
    t.true(best.value > 0 && best.value <= 1);
    t.deepEqual(Object.keys(best.params).toSorted(), ['batchSize', 'learningRate', 'momentum', 'patience']);
    t.true(seconds > 0, `${seconds}`);
  }
});

test('the next command takes the studies of this search, also where others were trained longer', async (t) => {
  const { folder, data } = await smallProject(t);
  const words = ['search', ...data, '--trials', '1', '--folds', '2', '--method', 'plain'];
  const longer = await runIn(folder, [...words, '--epochs', '3', '--fast-math']);
  t.regex(longer.stdout, /Next: npm run submit -- .*--method plain .*--fast-math trains with the best of these/);
  t.notRegex(longer.stdout, /--study/);
  const shorter = await runIn(folder, [...words, '--epochs', '2', '--json']);
  const { study } = JSON.parse(shorter.stdout).methods.plain;
  const again = await runIn(folder, [...words, '--epochs', '2']);
  t.true(again.stdout.includes(` --method plain --study ${study} `), again.stdout);
});

test('progress is one plain line for each trial where there is no terminal, and none with --quiet', async (t) => {
  const { folder, data } = await smallProject(t);
  const told = await runIn(folder, ['search', ...data, ...small, '--method', 'swa']);
  t.is(told.stderr.match(/^ {2}swa +\d\/3 /gm)?.length, 3, told.stderr);
  t.false(told.stderr.includes('\x1B') || told.stdout.includes('\x1B'));
  t.regex(told.stdout, /\n swa +3 complete/);
  const second = ['--name', 'second', '--prior', 'swa'];
  const quiet = await runIn(folder, ['search', ...data, ...small, '--method', 'swa', ...second, '--quiet']);
  t.deepEqual({ code: quiet.code, stderr: quiet.stderr }, { code: 0, stderr: '' });
  const { stdout } = await runIn(folder, ['study', 'show', 'second']);
  t.regex(stdout, /\nPrior: 3 trials of "synthetic-digits\/digit-cnn\/swa\/\w{8}"\n/);
  const unknown = await runIn(folder, ['search', ...data, ...small, '--prior', 'nothing']);
  t.is(unknown.code, 2);
  t.regex(unknown.stderr, /There is no study "nothing" in runs\/studies\.db\. Known: /);
});

test('a search is refused before it is announced, and leaves no study', async (t) => {
  const { folder, data } = await smallProject(t);
  const before = await filesIn(folder);
  for (const [words, sentence] of [
    [['--method', 'plain,swa', '--epochs', '3'], /^swa: expected at least 12 epochs/],
    [['--method', 'plain', '--storage', 'digits/test.csv'], /^digits\/test\.csv is not a study file/],
    [['--method', 'plain', '--constraint', 'log-loss<=1'], /^Unknown measure "log-loss"/],
  ] as const) {
    const { code, stdout, stderr } = await runIn(folder, ['search', ...data, '--folds', '2', ...words]);
    t.deepEqual([code, stdout], [2, '']);
    t.regex(stderr.replace(/^Model: .*\n/, ''), sentence, words.join(' '));
  }
  t.deepEqual(await filesIn(folder), before);
});

test('accuracies of a study are in percent, in the words of the search', async (t) => {
  const { folder, data } = await smallProject(t);
  const words = ['search', ...data, ...small, '--method', 'plain', '--model', 'mlp', '--objective', 'accuracy,seconds'];
  const found = await runIn(folder, ['search', ...data, ...small, '--method', 'plain', '--model', 'mlp']);
  const [best] = /\d+\.\d\d %/.exec(found.stdout)!;
  const share = String(Number.parseFloat(best) / 100);
  t.true((await runIn(folder, ['study', 'list'])).stdout.includes(` ${best} `));
  const { stdout } = await runIn(folder, ['study', 'show']);
  t.regex(stdout, new RegExp(`\nBest: ${best} in trial \\d: .*\nSo far: \\S+ \\d+\\.\\d\\d % → ${best}, since`));
  t.regex((await runIn(folder, ['study', 'trials'])).stdout, new RegExp(` complete +${best} `));
  const { studies } = JSON.parse((await runIn(folder, ['study', 'list', '--json'])).stdout);
  t.is(studies[0].best.value.toFixed(4), Number(share).toFixed(4));

  t.is((await runIn(folder, [...words, '--name', 'front'])).code, 0);
  t.regex(
    (await runIn(folder, ['study', 'show', 'front'])).stdout,
    /\n trial +accuracy +seconds .*\n─+\n +\d +\d+\.\d\d % +[\d.e-]+ /,
  );
});

test('the same seed finds the same with one and with two workers', async (t) => {
  const { folder, data } = await smallProject(t);
  const [one, two] = await Promise.all(
    ['1', '2'].map(async (workers) => {
      const storage = `${workers}.db`;
      const { stdout } = await runIn(folder, [
        'search',
        ...data,
        ...small,
        '--workers',
        workers,
        '--storage',
        storage,
        '--json',
      ]);
      const { methods } = JSON.parse(stdout);
      return [methods.swa.best, methods.plain.best];
    }),
  );
  t.deepEqual(one, two);
});

test('a worker joins a search of another process, and both make the trials of one', async (t) => {
  const { folder, data } = await smallProject(t);
  const settings = ['--method', 'plain', '--epochs', '12', '--folds', '2', '--workers', '1', '--deterministic'];
  const searching = start(folder, ['search', ...data, ...settings, '--trials', '12']);
  await searching.said('1/12');
  // One trial more than the search wants, so that the worker has one to make however late it comes.
  const more = ['--trials', '13'];
  const joined = await run(folder, ['worker', '--study', 'plain', '--data-dir', 'digits', '--workers', '1', ...more]);
  t.is(joined.code, 0, joined.stderr);
  t.regex(joined.stderr, /^ {2}plain +\d+\/13 /m);
  t.is((await searching.ended).code, 0);
  const alone = await runIn(folder, ['search', ...data, ...settings, ...more, '--storage', 'alone.db']);
  t.is(alone.code, 0, alone.stderr);
  const [shared, own] = await Promise.all(
    ['runs/studies.db', 'alone.db'].map((file) => outcomesIn(join(folder, file))),
  );
  t.is(shared.length, 13);
  t.deepEqual(shared, own);
});

test('published parameters are converted, and said', async (t) => {
  const { folder, data } = await smallProject(t);
  const published = '{"learning_rate":7.992390252758013,"momentum":0.838,"batch_size":128,"patience":5}';
  const one = ['--method', 'plain', '--trials', '1', '--epochs', '1', '--folds', '2', '--enqueue', published];
  const { code, stderr } = await runIn(folder, ['search', ...data, ...one]);
  t.is(code, 0, stderr);
  t.regex(stderr, /learning_rate 7\.992390252758013 is the exponent of a power of ten: learningRate is 10\^-7\.99/);
  const { trials } = await readOnlyStudy(join(folder, 'runs/studies.db'));
  t.like(trials[0].params, { learningRate: 10 ** -7.992390252758013, momentum: 0.838, batchSize: 128, patience: 5 });
});

test('a search that was killed goes on: no finished trial is lost, none runs twice', async (t) => {
  const { folder, data } = await smallProject(t);
  await start(folder, ['search', ...data, ...long], {}, { signal: 'SIGKILL', at: '2/1000' }).ended;
  const storage = join(folder, 'runs/studies.db');
  const kept = (await readOnlyStudy(storage)).trials.filter(isFinished);
  t.true(kept.length >= 2, `${kept.length}`);

  const wanted = kept.length + 2;
  const goOn = ['search', ...data, ...long.slice(2), '--trials', String(wanted), '--json'];
  const { code, stdout, stderr } = await runIn(folder, goOn);
  t.is(code, 0, stderr);
  const { complete, pruned, failed } = JSON.parse(stdout).methods.plain.trials;
  t.is(complete + pruned + failed, wanted);
  const { trials } = await readOnlyStudy(storage);
  t.is(trials.length, wanted);
  t.true(trials.every(isFinished));
  t.deepEqual(
    kept.map(({ number }) => trials[number]),
    kept,
  );
});

test('a search under nohup goes on when its terminal is closed', async (t) => {
  const { folder, data } = await smallProject(t);
  // As nohup does it: no standard stream is a terminal.
  const running = start(folder, ['search', ...data, ...long], {}, { signal: 'SIGHUP', at: '1/1000' });
  await running.said('4/1000');
  running.child.kill('SIGINT');
  t.is((await running.ended).code, 130);
});

test('Ctrl-C ends a search in good order and says how to go on', async (t) => {
  const { folder, data } = await smallProject(t);
  const words = ['search', ...data, ...long];
  const { code, stdout, stderr } = await start(folder, words, {}, { signal: 'SIGINT', at: '1/1000' }).ended;
  t.is(code, 130);
  t.is(stdout, '');
  t.true(
    stderr.endsWith(`Finished trials are kept; go on with: npm run search -- ${words.slice(1).join(' ')}\n`),
    stderr,
  );
  const { trials } = await readOnlyStudy(join(folder, 'runs/studies.db'));
  t.true(trials.some(({ state }) => state === 'COMPLETE'));
  t.false(trials.some(({ state }) => state === 'RUNNING'));
  t.deepEqual(
    (await filesIn(folder)).filter((file) => file.startsWith('runs')),
    ['runs/studies.db'],
  );
});
