/** What a submit leaves: names, reports, and what the next one goes on with. */
import test from 'ava';
import { readdir, readFile, writeFile, appendFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { runIn } from './in-process.ts';
import { filesIn, run, smallProject, start, withoutReports, temporaryFolder } from './process.ts';

const small = ['--method', 'plain', '--epochs', '1', '--folds', '2'];

test('a study has the name that was chosen; the same name goes on, other settings under it are refused', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const search = ['search', ...data, ...small, '--name', 'first', '--tag', 'try'];
  const begun = JSON.parse((await runIn(folder, [...search, '--trials', '1', '--json', '-q'])).stdout);
  t.is(begun.methods.plain.study, 'first');
  const gone = JSON.parse((await runIn(folder, [...search, '--trials', '2', '--json', '-q'])).stdout);
  t.is(gone.methods.plain.trials.complete, 2);
  const refused = await runIn(folder, [...search, '--seed', '9', '-q']);
  t.deepEqual([refused.code, refused.stdout], [2, '']);
  t.regex(refused.stderr, /first/);
  const joined = await runIn(folder, [
    'worker',
    '--study',
    'first',
    '--data-dir',
    'digits',
    '--trials',
    '3',
    '--json',
    '-q',
  ]);
  t.is(joined.code, 0, joined.stderr);
  t.is(JSON.parse(joined.stdout).methods.plain.trials.complete, 3);

  const { stdout, stderr } = await runIn(folder, ['submit', ...data, ...small, '--json', '-q']);
  t.regex(JSON.parse(stdout).methods.plain.paramsFrom, /^trial \d of study first$/, stderr);
});

test('a submit gives its name to its folder and its runs, and its tags to the runs', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const submit = ['submit', ...data, ...small, '--params', 'default', '-q', '--json'];
  const { name, methods } = JSON.parse((await runIn(folder, [...submit, '--name', 'one', '--tag', 'a,b'])).stdout);
  t.is(name, 'one');
  t.is(methods.plain.submission, 'submissions/synthetic-digits/one/plain.csv');
  t.is((await runIn(folder, ['runs', 'show', 'on'])).code, 0, 'a part of its name means it');
  const words = submit.map((word) => (word === 'plain' ? 'plain,sam' : word));
  const both = JSON.parse((await runIn(folder, [...words, '--name', 'two'])).stdout);
  t.deepEqual(Object.keys(both.methods), ['plain', 'sam']);
  const { runs } = JSON.parse((await runIn(folder, ['runs', 'list', '--json'])).stdout);
  t.deepEqual(runs.map((one: { name: string; tags: string[] }) => [one.name, one.tags]).toSorted(), [
    ['one', ['a', 'b']],
    ['two-plain', []],
    ['two-sam', []],
  ]);
  const refused = await runIn(folder, [...submit, '--name', 'two-sam']);
  t.deepEqual([refused.code, refused.stdout], [2, '']);
  t.is(refused.stderr, 'runs: expected a name that no run has, got "two-sam". Choose another.\n');
});

// A process that stands still is known to live for a while only, in which the commands of other tests must not wait.
test.serial(
  'of two submits with one name at once, one is refused, and the other has the folder for itself',
  async (t) => {
    const { folder, data } = await smallProject(t);
    await withoutReports(folder);
    const submit = ['submit', ...data, ...small, '--params', 'default', '--name', 'one', '--json'];
    const first = start(folder, submit, {}, { signal: 'SIGSTOP', at: 'Training plain' });
    t.teardown(() => first.child.kill('SIGKILL'));
    await first.said('Training plain');
    const second = await runIn(folder, submit);
    t.deepEqual([second.code, second.stdout], [2, '']);
    t.regex(second.stderr, /one: expected a name that no submit has, got one that a submit that runs now has\./);
    // The runs have the name too, wherever the submissions go.
    const elsewhere = await runIn(folder, [...submit, '--out-dir', 'elsewhere']);
    t.deepEqual([elsewhere.code, elsewhere.stdout], [2, '']);
    t.regex(elsewhere.stderr, /^runs: expected a name that no run has, got "one"\./m);
    t.deepEqual(await filesIn(join(folder, 'elsewhere')), []);
    // A process that was killed keeps no name: of two that want it at once, one gets it.
    first.child.kill('SIGKILL');
    await first.ended;
    const both = await Promise.all([run(folder, submit), run(folder, submit)]);
    const [won, lost] = both.toSorted((a, b) => a.code! - b.code!);
    t.deepEqual([won.code, lost.code], [0, 2], lost.stderr);
    t.regex(lost.stderr, /^(submissions\/synthetic-digits\/one|runs): expected a name that no (submit|run) has, got/m);
    const own = join(folder, 'submissions/synthetic-digits/one');
    t.deepEqual((await readdir(own)).toSorted(), ['comparison.json', 'comparison.md', 'plain.csv']);
    t.deepEqual(JSON.parse(await readFile(join(own, 'comparison.json'), 'utf8')), JSON.parse(won.stdout));
    const runs = (await readdir(join(folder, 'runs'))).filter((name) => !['live', 'reports'].includes(name));
    t.deepEqual(
      runs,
      [won.stdout].map((text) => basename(JSON.parse(text).methods.plain.run)),
    );
  },
);

const reported = ['--epochs', '12', '--folds', '2'];

test('submit reports all methods, and report a run with its mistakes', async (t) => {
  const { folder, data } = await smallProject(t);
  const submitted = await runIn(folder, ['submit', ...data, ...reported]);
  t.is(submitted.code, 0, submitted.stderr);
  const [, file] = /^Report: (runs\/reports\/\S+-synthetic-digits\/index\.html)$/m.exec(submitted.stderr)!;
  const comparison = await readFile(join(folder, file), 'utf8');
  for (const words of ['SWA', 'plain', 'Out-of-fold predictions: SWA', 'standard errors']) {
    t.true(comparison.includes(words), words);
  }

  const newest = (await readdir(join(folder, 'runs'))).toSorted().findLast((name) => name.startsWith('2'))!;
  const { code, stdout, stderr } = await runIn(folder, ['report', '--data-dir', 'digits', '--json', '-q']);
  t.is(code, 0, stderr);
  const { report, figures } = JSON.parse(stdout);
  t.is(report, `runs/reports/${newest}/index.html`);
  for (const name of ['mistakes', 'nearest']) t.true(figures.includes(`runs/reports/${newest}/${name}.png`), name);
  for (const figure of figures) t.true((await readFile(join(folder, figure))).length > 0);
  const page = await readFile(join(folder, report), 'utf8');
  for (const where of ['out of fold', 'on test images']) t.true(page.includes(`Classes ${where}, in percent`), where);

  const several = await runIn(folder, ['report', 'synthetic-digits', '--data-dir', 'digits', '--json']);
  t.regex(several.stderr, /^(plain-\w{8}), the newest run of 2\. The others:\n {2}swa-\w{8}\nReport of run \1\.\n$/);

  // With other images, or without images, the rest is shown.
  await writeFile(join(folder, 'digits', 'train.csv'), await readFile(join(folder, 'digits', 'test.csv'), 'utf8'));
  const other = await runIn(folder, ['report', newest, '--data-dir', 'digits', '--json', '-q']);
  t.is(other.code, 0, other.stderr);
  t.regex(await readFile(join(folder, report), 'utf8'), /Not shown\. /);
  t.false(JSON.parse(other.stdout).figures.some((name: string) => /mistakes|nearest/.test(name)));
});

test('a report that cannot be written does not lose the submission', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const { code, stderr } = await runIn(folder, ['submit', ...data, ...reported, '--method', 'plain']);
  t.is(code, 0, stderr);
  t.regex(stderr, /^No report: runs\/reports/m);
});

test('report of a study by a part of its name, and of a run of the method if there is one', async (t) => {
  const { folder, data } = await smallProject(t);
  const search = ['search', ...data, ...reported, '--method', 'plain', '--trials', '3', '-q'];
  t.is((await runIn(folder, search)).code, 0);
  const { code, stdout, stderr } = await runIn(folder, ['report', 'plain', '--json']);
  const first = /^Report of study (\S+)\.$/m.exec(stderr)?.[1];
  t.is(code, 0, stderr);
  t.regex(stderr, /^Report of study synthetic-digits\/digit-cnn\/plain/);
  t.true(JSON.parse(stdout).figures.some((name: string) => name.endsWith('history.svg')));

  // Several studies mean the one used last, as for `study show`.
  t.is((await runIn(folder, [...search, '--seed', '2'])).code, 0);
  const later = await runIn(folder, ['report', 'plain', '--json']);
  t.is(later.code, 0, later.stderr);
  const [, second, others] = /^(\S+), the study used last of 2\. The others:\n {2}(\S+)$/m.exec(later.stderr) ?? [];
  t.is(others, first!);
  t.not(second, first);
  t.true(later.stderr.includes(`Report of study ${second}.`), later.stderr);

  // As for the other commands, a method means its newest run.
  t.is((await runIn(folder, ['submit', ...data, ...reported, '--method', 'plain', '-q'])).code, 0);
  const ofRun = await runIn(folder, ['report', 'plain', '--data-dir', 'digits', '--json']);
  t.is(ofRun.code, 0, ofRun.stderr);
  const [, name] = /Report of run (plain-\w{8})\.$/m.exec(ofRun.stderr) ?? [];
  t.truthy(name, ofRun.stderr);
  t.true(ofRun.stderr.includes('For the report of a study, type its whole name. There are:\n  '), ofRun.stderr);
  for (const study of [first, second]) t.true(ofRun.stderr.includes(`\n  ${study}\n`), ofRun.stderr);
  const ofStudy = await runIn(folder, ['report', 'synthetic-digits', '--json']);
  t.true(
    ofStudy.stderr.includes(`For the report of a run, type its whole name. There are:\n  ${name}\n`),
    ofStudy.stderr,
  );
  t.true(ofStudy.stderr.includes(`Report of study ${second}.`), ofStudy.stderr);
});

test.serial('an unknown name ends with what there is, and leaves nothing behind', async (t) => {
  const folder = await temporaryFolder(t);
  const nothing = await runIn(folder, ['report']);
  t.deepEqual(
    [nothing.code, nothing.stderr],
    [2, 'Expected a run, a study or an experiment, found none. Train first (npm run submit).\n'],
  );
  const unknown = await runIn(folder, ['report', '../etc']);
  t.is(unknown.code, 2);
  t.regex(unknown.stderr, /^Expected a run, a study or an experiment, got "\.\.\/etc"/);
  const untried = await runIn(folder, ['report', 'swa-lr']);
  t.regex(untried.stderr, /^Expected a finished experiment, got "swa-lr"\. Run it first/);
  t.deepEqual(await filesIn(folder), []);
});

const words = ['--method', 'plain,ema', '--params', 'default', '--epochs', '10', '--folds', '4'];

interface Shown {
  readonly sha256: string;
  readonly outOfFold: object;
  readonly test: object;
  readonly takenFolds?: number[];
}

test('a submit that was killed goes on where it was, with the same bytes in the end', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const submit = ['submit', ...data, ...words, '--workers', '1', '--name', 'mine'];
  const methodsOf = (stdout: string): Record<string, Shown> => JSON.parse(stdout).methods;
  const other = await runIn(folder, [...submit.slice(0, -1), 'other', '--json', '-q']);
  const undisturbed = methodsOf(other.stdout);

  // The first method is recorded, and most folds of the second are finished.
  await start(folder, submit, {}, { signal: 'SIGKILL', at: 'ema   36 of 40 epochs' }).ended;
  const kept = join(folder, 'runs/interrupted');
  t.is((await readdir(kept)).length, 2);
  for (const name of await readdir(kept)) {
    const files = await readdir(join(kept, name));
    if (files.includes('run.json')) await appendFile(join(kept, name, 'fold-2'), 'x');
  }

  const { code, stdout, stderr } = await runIn(folder, [...submit, '--json']);
  t.is(code, 0, stderr);
  t.regex(stderr, /what was kept of fold 2 is damaged and is trained again\./);
  t.regex(stderr, /\nplain: folds 1, 3, 4 taken up from runs\/interrupted\/\S+ --restart trains all folds again\.\n/);
  t.regex(stderr, /\nema: folds? .*1.* taken up from/);
  const now = methodsOf(stdout);
  t.deepEqual(now.plain.takenFolds, [1, 3, 4]);
  for (const id of ['plain', 'ema']) {
    t.is(now[id].sha256, undisturbed[id].sha256);
    t.deepEqual([now[id].outOfFold, now[id].test], [undisturbed[id].outOfFold, undisturbed[id].test]);
  }
  t.deepEqual(
    (await readdir(join(folder, 'runs'))).filter((name) => name === 'interrupted'),
    [],
  );
  // The run that was recorded before the kill is there once, under the name that was asked for.
  const { competitions } = JSON.parse((await runIn(folder, ['leaderboard', '--json'])).stdout);
  const names = competitions[0].submissions.map((row: { run: { name: string } }) => row.run.name);
  t.deepEqual(names.toSorted(), ['mine-ema', 'mine-plain', 'other-ema', 'other-plain']);
});

test('Ctrl-C says that finished folds are kept', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const submit = ['submit', ...data, ...words, '--workers', '1', '--method', 'plain'].toSpliced(5, 2);
  const { code, stderr } = await start(folder, submit, {}, { signal: 'SIGINT', at: 'plain 36 of 40 epochs' }).ended;
  t.is(code, 130);
  t.regex(stderr, /Nothing was submitted, and finished folds are kept; start again with: npm run submit/);
  const again = await runIn(folder, submit);
  t.regex(again.stderr, /\nplain: folds 1, 2.* taken up from/);
});
