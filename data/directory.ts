/** Where a competition's files lie; those of a built-in competition are generated there on first use. */

import { mkdir, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { ownValue } from '../base/own-value.ts';
import { displayPath } from '../base/paths.ts';
import { temporaryBeside } from '../base/temporary-file.ts';
import { findSource } from './archive.ts';
import type { Competition } from './competition.ts';
import { findImages, type ExpectedImages, type ImageSearch } from './format.ts';
import { makeFolder } from '../base/make-folder.ts';
import { UserError } from '../base/user-error.ts';

/** Where threads find the folders that a person keeps as the usual ones of competitions, by their ids. */
const KEPT_FOLDERS = 'wide-optima: folders of competitions';
const keptFolders = (): Readonly<Record<string, string>> =>
  (getEnvironmentData(KEPT_FOLDERS) ?? {}) as Readonly<Record<string, string>>;

/** Sets the usual folders of competitions by their ids, for this thread and all that it starts later. */
export const keepFolders = (folders: Readonly<Record<string, string>>): void =>
  setEnvironmentData(
    KEPT_FOLDERS,
    Object.fromEntries(Object.entries(folders).map(([id, folder]) => [id, resolve(folder)])),
  );

/** Sets the usual folder of one more competition. */
export const keepFolder = (id: string, folder: string): void => keepFolders({ ...keptFolders(), [id]: folder });

export const keptFolder = (id: string): string | undefined => ownValue(keptFolders(), id);

/** Ids of the competitions that have such a folder. */
export const keptIds = (): string[] => Object.keys(keptFolders());

/**
 * The folder in which a competition's files are looked for. Default: the one that a person keeps, that of its
 * description, or `data/raw/<id>`.
 */
export const dataDirectory = (competition: Competition, dataDir?: string): string =>
  resolve(dataDir ?? keptFolder(competition.id) ?? competition.directory ?? join('data/raw', competition.id));

export type ImageRole = 'train' | 'test';

/** What the images of a competition must be. */
export const expectedImages = (competition: Competition, role: ImageRole): ExpectedImages => ({
  shape: competition.shape,
  classes: competition.classes,
  labelled: role === 'train' || competition.testIsLabelled,
  ...(role === 'train' ? partColumn(competition) : ({ eachIdOnce: true } as const)),
});

function partColumn({ folds }: Competition): Pick<ExpectedImages, 'part'> | null {
  const at = folds?.part?.at;
  return at === undefined || typeof at === 'object' ? null : { part: at };
}

/**
 * Looks for the training or test images in the competition's folder, in its order of formats.
 * @throws UserError if they are there, and cannot be read
 */
export const findRole = (competition: Competition, role: ImageRole, dataDir?: string): Promise<ImageSearch> =>
  findImages(competition.files[role], dataDirectory(competition, dataDir), expectedImages(competition, role));

/**
 * Whether the folder holds the training or test images, plain or packed.
 * @throws UserError if something is there that cannot be read
 */
export async function hasFiles(competition: Competition, dataDir?: string): Promise<boolean> {
  for (const role of ['train', 'test'] as const) {
    if ((await findRole(competition, role, dataDir)).format) return true;
  }
  return false;
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
  const { train, test, sampleSubmission, solution } = competition.files;
  const absent: string[] = [];
  for (const file of [...train[0].files, ...(test[0]?.files ?? []), sampleSubmission, solution]) {
    if (file !== null && !(await findSource(directory, file))) absent.push(file);
  }
  if (absent.length === 0) return directory;
  try {
    await makeFolder(directory);
    const temporary = await temporaryBeside(join(directory, 'generated'));
    try {
      await mkdir(temporary);
      await competition.generate(temporary);
      for (const file of absent) await rename(join(temporary, file), join(directory, file));
    } finally {
      await rm(temporary, { recursive: true, force: true });
    }
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new UserError(
      `${displayPath(directory)}: the files of ${competition.id} cannot be written there (${error.message}). ` +
        'Free disk space or fix its permissions, or name another folder with --data-dir.',
      { cause: error },
    );
  }
  return directory;
}
