import test from 'ava';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BudgetState, keepBudget, readBudget } from '../../../submissions/budget/state.ts';
import { temporaryFolder } from '../../data/tiny.ts';

const state: BudgetState = {
  usedMs: 1500,
  speeds: { workers: 2, of: { first: { train: 1e-3, measure: 2e-4, predict: 1e-4 } } },
  prefix: '20m',
  trainFolds: 2,
  trained: [{ name: 'first', epochs: 8, run: 'runs/first', seconds: 1.5 }],
  given: ['wild'],
  current: { name: 'deep', epochs: 40 },
  blends: [],
};
const silent = { note() {} };

test('what an interrupted budget has done is found by the next process, until it is complete', async (t) => {
  const runs = await temporaryFolder(t);
  const first = await keepBudget(runs, 'key', silent);
  t.is(first.earlier, null);
  await first.keep(() => state);
  await first.end(false);
  t.deepEqual(await readBudget(runs, 'key'), state);
  t.is(await readBudget(runs, 'another'), null);

  const second = await keepBudget(runs, 'key', silent);
  t.deepEqual(second.earlier, state);
  await second.keep(() => ({ ...state, usedMs: 3000 }));
  await second.end(true);
  t.is(await readBudget(runs, 'key'), null);
  t.deepEqual(await readdir(runs), []);
});

test('an interrupted budget is not looked at when the person begins anew', async (t) => {
  const runs = await temporaryFolder(t);
  const first = await keepBudget(runs, 'key', silent);
  await first.keep(() => state);
  await first.end(false);
  const anew = await keepBudget(runs, 'key', { ...silent, restart: true });
  t.is(anew.earlier, null);
  await anew.keep(() => ({ ...state, trained: [] }));
  await anew.end(false);
  t.deepEqual((await readBudget(runs, 'key'))?.trained, []);
});

test('a process that fails before it has a state leaves nothing behind, and keeps what was there', async (t) => {
  const runs = await temporaryFolder(t);
  const first = await keepBudget(runs, 'key', silent);
  await first.end(false);
  t.deepEqual(await readdir(runs), []);
  const second = await keepBudget(runs, 'key', silent);
  await second.keep(() => state);
  await second.end(false);
  await (await keepBudget(runs, 'key', silent)).end(false);
  t.deepEqual(await readBudget(runs, 'key'), state);
});

test('two processes do not work on the same budget, and a damaged state is kept for the person', async (t) => {
  const runs = await temporaryFolder(t);
  const first = await keepBudget(runs, 'key', silent);
  await first.keep(() => state);
  await t.throwsAsync(keepBudget(runs, 'key', silent), {
    message: /^Expected no other process with the same command, got one that runs now\. Wait until it ends, or /,
  });
  await first.end(false);

  const file = join(runs, 'interrupted', 'budget-key', 'state.json');
  await writeFile(file, '{"usedMs":15');
  for (let time = 0; time < 2; time += 1) {
    await t.throwsAsync(keepBudget(runs, 'key', silent), { message: /state\.json: .* --restart begins anew/ });
  }
  const restarted = await keepBudget(runs, 'key', { ...silent, restart: true });
  await restarted.keep(() => state);
  await restarted.end(false);
  t.deepEqual(await readBudget(runs, 'key'), state);
});

test('a budget whose state cannot be written goes on, and says once that it begins anew after an interruption', async (t) => {
  const runs = await temporaryFolder(t);
  await writeFile(join(runs, 'interrupted'), 'a file of a person');
  const notes: string[] = [];
  const kept = await keepBudget(runs, 'key', { note: (sentence) => void notes.push(sentence) });
  t.is(kept.earlier, null);
  await kept.keep(() => state);
  await kept.keep(() => state);
  await kept.end(true);
  t.is(notes.length, 1);
  t.regex(notes[0], /budget-key: cannot be written \((EEXIST|ENOTDIR)\)\. A budget that is interrupted begins anew\.$/);
});
