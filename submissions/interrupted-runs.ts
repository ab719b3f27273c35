/**
 * Runs that a command recorded before it was killed, and whose submission was not written. Commands that train nothing
 * make such a run again, and remove the first one. (A submit takes up the folds of its own, see `kept-folds.ts`.)
 */
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { deleteRun, readRecord, type Run } from '../records/index.ts';
import { readRecords } from './leaderboard.ts';
import { isUnfinished } from './submit-folder.ts';

/** @returns folders of the runs that the same command recorded */
export async function interruptedRuns(
  runsDir: string,
  { method, paramsFrom, name }: Pick<Run['configuration'], 'method' | 'paramsFrom'> & Pick<Run, 'name'>,
): Promise<string[]> {
  const { records } = await readRecords(runsDir);
  const folders: string[] = [];
  for (const { id, name: own, configuration, submission } of records) {
    const isSame = configuration.method === method && configuration.paramsFrom === paramsFrom && own === name;
    if (isSame && (await isUnfinished(dirname(submission.file)))) folders.push(join(runsDir, id));
  }
  return folders;
}

/** Removes them before the submission of the new run is written, after which they could not be told any more. */
export async function removeInterrupted(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const { submission } = await readRecord(folder);
    await deleteRun(folder);
    const unfinished = dirname(submission.file);
    if (await isUnfinished(unfinished)) await rm(unfinished, { recursive: true, force: true });
  }
}
