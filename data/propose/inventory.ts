/** What lies in a data folder: the names of its files, those in its archives included. */

import { basename, join } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import { readFolders } from '../../base/read-folder.ts';
import { UserError } from '../../base/user-error.ts';
import { archivesIn, archiveStem, findSource, isArchiveName, namesIn } from '../archive.ts';
import { isImageName } from '../image-tree.ts';
import type { Source } from '../source.ts';

export interface Inventory {
  readonly directory: string;
  /** Paths below the folder, with slashes, in the order of their letters; without `.gz`. */
  readonly files: readonly string[];
  /** Those of images. */
  readonly images: readonly string[];
  /** Folders without a file in them or below them, with slashes. */
  readonly emptyFolders: readonly string[];
  /** Sentences on archives that cannot be read. */
  readonly faults: readonly string[];
  /** Archives that lie in another, as `all.zip/train.zip`: what they hold is not known. */
  readonly nested: readonly string[];
}

/** @throws UserError if the folder cannot be read; a folder that is missing is empty */
export async function takeInventory(directory: string): Promise<Inventory> {
  const found = new Set<string>();
  const folders: string[] = [];
  for (const { path, isFolder } of await readFolders(directory)) {
    if (isFolder) folders.push(path);
    else found.add(path.replace(/\.gz$/, ''));
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
  const isMeant = (path: string): boolean => !/(^|\/)(\.|__MACOSX)/.test(path);
  const files = [...found].filter(isMeant).toSorted();
  const filled = new Set(files.flatMap((path) => path.split('/').map((_, i, parts) => parts.slice(0, i).join('/'))));
  const emptyFolders = folders.filter((path) => isMeant(path) && !filled.has(path)).toSorted();
  return { directory, files, images: files.filter(isImageName), emptyFolders, faults, nested };
}

/** A file of the inventory. @throws UserError if it cannot be read, or is a link to nothing */
export async function sourceIn(directory: string, file: string): Promise<Source> {
  const source = await findSource(directory, file);
  if (source) return source;
  throw new UserError(
    `${displayPath(join(directory, file))}: expected a file, got a link to nothing. Put the file itself there.`,
  );
}
