/** What lies in a data folder: the names of its files, those in its archives included. */

import { readdir } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import { codeOf, isMissing } from '../../base/system-error.ts';
import { UserError } from '../../base/user-error.ts';
import { archivesIn, archiveStem, isArchiveName, namesIn } from '../archive.ts';
import { isImageName } from '../image-tree.ts';

export interface Inventory {
  readonly directory: string;
  /** Paths below the folder, with slashes, in the order of their letters; without `.gz`. */
  readonly files: readonly string[];
  /** Those of images. */
  readonly images: readonly string[];
  /** Sentences on archives that cannot be read. */
  readonly faults: readonly string[];
  /** Archives that lie in another, as `all.zip/train.zip`: what they hold is not known. */
  readonly nested: readonly string[];
}

/** @throws UserError if the folder cannot be read; a folder that is missing is empty */
export async function takeInventory(directory: string): Promise<Inventory> {
  const found = new Set<string>();
  let entries;
  try {
    entries = await readdir(directory, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return { directory, files: [], images: [], faults: [], nested: [] };
    throw new UserError(`${displayPath(directory)}: cannot be read (${codeOf(error)}). Fix its permissions.`, {
      cause: error,
    });
  }
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/');
    found.add(path.replace(/\.gz$/, ''));
  }
  const [faults, nested]: string[][] = [[], []];
  const namesOf = (archive: string): Promise<string[]> =>
    namesIn(archive).catch((error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      faults.push(error.message);
      return [];
    });
  for (const archive of await archivesIn(directory)) {
    for (const name of await namesOf(archive)) {
      if (isArchiveName(name)) nested.push(`${basename(archive)}/${name}`);
      // Images without a folder are found as those of a folder with the name of the archive.
      const inFolder = isImageName(name) && !name.includes('/') ? `${archiveStem(archive)}/${name}` : name;
      found.add(inFolder.replace(/\.gz$/, ''));
    }
  }
  const files = [...found].filter((path) => !/(^|\/)(\.|__MACOSX)/.test(path)).toSorted();
  return { directory, files, images: files.filter(isImageName), faults, nested };
}
