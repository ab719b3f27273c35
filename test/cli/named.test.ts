import test from 'ava';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { filesIn, run, smallProject, start, withoutReports } from './process.ts';
import { runIn } from './in-process.ts';

const small = ['--method', 'plain', '--model', 'mlp', '--epochs', '1', '--folds', '2'];

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

test('of two submits with one name at once, one is refused, and the other has the folder for itself', async (t) => {
  const { folder, data } = await smallProject(t);
  await withoutReports(folder);
  const submit = ['submit', ...data, ...small, '--params', 'default', '--name', 'one', '--json'];
  const first = start(folder, submit, {}, { signal: 'SIGSTOP', at: 'Training plain' });
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
});
