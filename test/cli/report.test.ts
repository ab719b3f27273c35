import test from 'ava';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runIn } from './in-process.ts';
import { filesIn, smallProject, temporaryFolder, withoutReports } from './process.ts';

const small = ['--epochs', '12', '--folds', '2'];

test('submit reports all methods, and report a run with its mistakes', async (t) => {
  const { folder, data } = await smallProject(t);
  const submitted = await runIn(folder, ['submit', ...data, ...small]);
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
  const { code, stderr } = await runIn(folder, ['submit', ...data, ...small, '--method', 'plain']);
  t.is(code, 0, stderr);
  t.regex(stderr, /^No report: runs\/reports/m);
});

test('report of a study by a part of its name', async (t) => {
  const { folder, data } = await smallProject(t);
  const search = ['search', ...data, ...small, '--method', 'plain', '--trials', '3', '-q'];
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
