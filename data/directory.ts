/** Where a competition's files lie; those of a built-in competition are generated there on first use. */

import { mkdtemp, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { displayPath, findSource } from './archive.ts';
import type { Competition } from './competition.ts';
import { makeFolder } from './make-folder.ts';
import { UserError } from './user-error.ts';

/** The folder in which a competition's files are looked for. Default: `data/raw/<id>` of the project. */
export const dataDirectory = (competition: Competition, dataDir?: string): string =>
  resolve(dataDir ?? join(import.meta.dirname, 'raw', competition.id));

/**
 * Whether somebody has put the train or test file into the folder, plain or packed.
 * @throws UserError if something is there that cannot be read
 */
export async function hasFiles(competition: Competition, dataDir?: string): Promise<boolean> {
  const directory = dataDirectory(competition, dataDir);
  const { train, test } = competition.files;
  return (await findSource(directory, train)) !== null || (await findSource(directory, test)) !== null;
}

/**
 * The competition's folder, in which all files of a built-in competition are there afterwards. Whole files are moved
 * into it one by one: processes that generate at the same time move equal files, and what a killed one left out is made
 * good by the next.
 * @throws UserError if the folder cannot be written
 */
export async function preparedDirectory(competition: Competition, dataDir?: string): Promise<string> {
  const directory = dataDirectory(competition, dataDir);
  if (!competition.generate) return directory;
  const absent: string[] = [];
  for (const file of Object.values(competition.files)) {
    if (file !== null && !(await findSource(directory, file))) absent.push(file);
  }
  if (absent.length === 0) return directory;
  try {
    await makeFolder(directory);
    const temporary = await mkdtemp(join(directory, '.generating-'));
    try {
      await competition.generate(temporary);
      for (const file of absent) await rename(join(temporary, file), join(directory, file));
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new UserError(
      `${displayPath(directory)}: the files of ${competition.id} cannot be written there (${error.message}). ` +
        'Make room or mend its permissions, or name another folder with --data-dir.',
      { cause: error },
    );
  }
  return directory;
}
