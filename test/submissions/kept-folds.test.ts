import test from 'ava';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Piscina } from 'piscina';
import { createPool } from '../../pipeline/pool.ts';
import { makeFolder } from '../../base/make-folder.ts';
import { submit } from '../../submissions/submit.ts';
import type { SubmitProgress, SubmitTask } from '../../submissions/submit-task.ts';
import { method, smallTask } from './small.ts';

const interrupted = ({ runsDir }: SubmitTask): string => join(runsDir, 'interrupted');
const filesOf = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);

/** Aborts when the first fold is finished. An abort ends the threads of a pool, so it has its own. */
async function interruptedSubmit(task: SubmitTask): Promise<void> {
  const pool = createPool(1);
  const controller = new AbortController();
  const onFold = (): void => controller.abort();
  try {
    await submit(pool, task, { signal: controller.signal, onFold });
  } catch (error) {
    if (!(error instanceof Error && error.name === 'AbortError')) throw error;
  } finally {
    await pool.destroy();
  }
}

const shared = createPool(2);
test.after.always(() => shared.destroy());

/** Counts the folds that are trained. */
async function countedSubmit(task: SubmitTask, progress: SubmitProgress = {}) {
  let trained = 0;
  const counting = {
    run: (work: unknown, options: { name: string }) => {
      if (options.name === 'trainFold') trained += 1;
      return shared.run(work, options);
    },
  } as unknown as Piscina;
  const notes: string[] = [];
  const result = await submit(counting, task, { ...progress, onNote: (sentence) => notes.push(sentence) });
  return { trained, notes, plain: result.methods.plain };
}

test('an interrupted submit goes on with its finished folds, and ends as an undisturbed one', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('plain')], folds: 3 };
  const undisturbed = await countedSubmit({ ...task, runsDir: `${task.runsDir}-other` });
  t.is(undisturbed.trained, 3);

  await interruptedSubmit(task);
  const taken: [fold: number, epochs: number][] = [];
  const again = await countedSubmit(task, {
    onTakenFold: (_id, fold, { epochs }) => taken.push([fold, epochs.length]),
  });
  t.is(again.trained, 2);
  t.deepEqual(taken, [[0, task.epochs]]);
  t.regex(
    again.notes.join(),
    /^plain: fold 1 taken up from .*interrupted\/[0-9a-f-]+\. --restart trains all folds again\.$/,
  );
  t.deepEqual(again.plain.takenFolds, [1]);
  for (const name of ['sha256', 'outOfFold', 'train', 'test', 'folds'] as const) {
    t.deepEqual(again.plain[name], undisturbed.plain[name], name);
  }
  // Nothing is kept of a complete one.
  t.deepEqual(await filesOf(interrupted(task)), []);
  t.is((await countedSubmit(task)).trained, 3);
});

test('--restart, another seed and other data begin anew; what was kept waits for its own training', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('plain')] };
  await interruptedSubmit(task);
  t.is((await countedSubmit({ ...task, seed: 2 })).trained, 2);
  t.is((await countedSubmit({ ...task, epochs: 3 })).trained, 2);
  t.is((await countedSubmit({ ...task, methods: [method('plain', { momentum: 0.5 })] })).trained, 2);
  t.is((await filesOf(interrupted(task))).length, 1);
  const restarted = await countedSubmit({ ...task, restart: true });
  t.deepEqual([restarted.trained, restarted.notes], [2, []]);
  t.deepEqual(await filesOf(interrupted(task)), []);
});

test('a kept fold that is damaged is trained again, and that is said', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('plain')] };
  await interruptedSubmit(task);
  const [folder] = await filesOf(interrupted(task));
  await writeFile(join(interrupted(task), folder, 'fold-1'), 'damaged');
  const { trained, notes, plain } = await countedSubmit(task);
  t.is(trained, 2);
  t.regex(notes.join('|'), /^\S+: what was kept of fold 1 is damaged and is trained again\.$/);
  t.is(plain.takenFolds, undefined);
});

test('where nothing can be kept the training goes on, which is said once', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('plain')] };
  await makeFolder(task.runsDir);
  await writeFile(interrupted(task), 'a file is where the folder would be');
  const { trained, notes } = await countedSubmit(task);
  t.is(trained, 2);
  t.is(notes.length, 1);
  t.regex(
    notes[0],
    /interrupted: cannot be written \(\w+\)\. Finished folds are not kept: a training that is interrupted/,
  );
});

test('folders that are deleted under a training are made anew; two submits of the same at once both end', async (t) => {
  const task = { ...(await smallTask(t)), methods: [method('plain')] };
  const [first, second] = await Promise.all([
    countedSubmit(task, { onFold: () => void rm(interrupted(task), { recursive: true, force: true }).catch(() => {}) }),
    countedSubmit(task),
  ]);
  t.deepEqual([first.trained, second.trained], [2, 2]);
  t.deepEqual([first.notes, second.notes], [[], []]);
  t.is(first.plain.sha256, second.plain.sha256);
  t.deepEqual(await filesOf(interrupted(task)), []);
});
