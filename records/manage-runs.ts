/** Renames, measures and deletes runs. */
import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson } from '../base/json.ts';
import { writeAtomically } from '../base/output-files.ts';
import { displayPath } from '../base/paths.ts';
import { codeOf } from '../base/system-error.ts';
import { temporaryBeside } from '../base/temporary-file.ts';
import { UserError } from '../base/user-error.ts';
import { Notes } from './notes.ts';
import { LARGEST_RECORD_BYTES, readRecord, RECORD_FILE } from './run.ts';

/**
 * Renames a run. Nothing else of its record changes.
 * @throws UserError if the record is damaged or cannot be written
 */
export async function renameRun(folder: string, name: string): Promise<void> {
  await readRecord(folder);
  const file = join(folder, RECORD_FILE);
  const record = await readJson(file, z.looseObject({}), { maximumBytes: LARGEST_RECORD_BYTES });
  const { format, id, name: _earlier, ...others } = record;
  await writeAtomically(file, `${JSON.stringify({ format, id, name, ...others }, null, 2)}\n`);
}

/** Total size of the files of a run in bytes, including exported models. */
export async function sizeOfRun(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true }).catch((): string[] => []);
  const found = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => null)));
  return found.reduce((sum, file) => sum + (file?.isFile() === true ? file.size : 0), 0);
}

/**
 * Deletes a run. Its folder is renamed first, so that the run is complete or gone even if the process is killed.
 * @throws UserError if it cannot be deleted
 */
export async function deleteRun(folder: string): Promise<void> {
  try {
    const going = await temporaryBeside(folder);
    await rename(folder, going);
    await rm(going, { recursive: true, force: true });
  } catch (error) {
    throw new UserError(`${displayPath(folder)}: cannot be deleted (${codeOf(error)}). Fix its permissions.`, {
      cause: error,
    });
  }
}

/**
 * Deletes runs one after the other, and removes their tags. The texts of their notes stay.
 * @param ids names of folders in `runsDir`
 * @param signal stops between two runs
 * @throws UserError as `deleteRun`, or if the tags cannot be written
 */
export async function deleteRuns(runsDir: string, ids: readonly string[], signal?: AbortSignal): Promise<void> {
  const notes = new Notes(runsDir);
  // Before anything is deleted, since they may not be readable.
  const { notes: known } = await notes.read();
  for (const id of ids) {
    signal?.throwIfAborted();
    await deleteRun(join(runsDir, id));
    const note = known.find((one) => one.kind === 'run' && one.id === id);
    if (note !== undefined && note.tags.length > 0) await notes.keep({ ...note, tags: [] });
  }
}
