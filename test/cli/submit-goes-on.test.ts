import test from 'ava';
import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { smallProject, start, withoutReports } from './process.ts';
import { runIn } from './in-process.ts';

const words = ['--method', 'plain,ema', '--model', 'mlp', '--params', 'default', '--epochs', '40', '--folds', '4'];

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
  await start(folder, submit, {}, { signal: 'SIGKILL', at: 'ema   144 of 160 epochs' }).ended;
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
  const { code, stderr } = await start(folder, submit, {}, { signal: 'SIGINT', at: 'plain 144 of 160 epochs' }).ended;
  t.is(code, 130);
  t.regex(stderr, /Nothing was submitted, and finished folds are kept; start again with: npm run submit/);
  const again = await runIn(folder, submit);
  t.regex(again.stderr, /\nplain: folds 1, 2.* taken up from/);
});
