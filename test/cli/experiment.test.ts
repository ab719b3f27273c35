import test from 'ava';
import { experiments } from '../../experiments/catalogue/index.ts';
import { filesIn, run, smallProject, temporaryFolder } from './process.ts';

test('list names every experiment with its question and minutes', async (t) => {
  const folder = await temporaryFolder(t);
  const { code, stdout } = await run(folder, ['experiment', 'list', '--json']);
  t.is(code, 0);
  const expected = Object.entries(experiments).map(([name, { question, minutes }]) => ({ name, question, minutes }));
  t.deepEqual(JSON.parse(stdout), { experiments: expected });
  t.regex((await run(folder, ['experiment', 'list'])).stdout, /\n swa-budgets +\d+ {3}Does SWA gain/);
});

test('an unknown experiment and missing data end with one sentence and leave nothing behind', async (t) => {
  const folder = await temporaryFolder(t);
  const unknown = await run(folder, ['experiment', 'swa-budget']);
  t.is(unknown.code, 2);
  t.is(unknown.stderr, "Unknown command 'swa-budget'. Did you mean swa-budgets?\n");
  const missing = await run(folder, ['experiment', 'digit-study', '--data-dir', 'nowhere', '-q']);
  t.is(missing.code, 2);
  t.regex(missing.stderr, /^nowhere: expected train\.csv /);
  t.deepEqual(await filesIn(folder), []);
});

test('lr-finder suggests a rate for each method', async (t) => {
  const { folder, data } = await smallProject(t);
  const { code, stdout, stderr } = await run(folder, [
    'experiment',
    'lr-finder',
    ...data,
    '--method',
    'plain,swa',
    '--json',
    '-q',
  ]);
  t.is(code, 0, stderr);
  const { methods } = JSON.parse(stdout);
  t.deepEqual(Object.keys(methods), ['plain', 'swa']);
  for (const { rates, losses, suggested } of Object.values<Record<string, never>>(methods)) {
    t.is((rates as number[]).length, (losses as number[]).length);
    t.true(suggested > 1e-7 && suggested < 1);
  }
});
