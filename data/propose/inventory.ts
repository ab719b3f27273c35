/** What lies in a data folder: the names of its files, those in its zips included. */

import { readdir } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import { codeOf, isMissing } from '../../base/system-error.ts';
import { UserError } from '../../base/user-error.ts';
import { archivesIn, isImageName, namesInArchive } from '../image-tree.ts';
import { openZip } from '../zip.ts';

export interface Inventory {
  readonly directory: string;
  /** Paths below the folder, with slashes, in the order of their letters; without `.gz`. */
  readonly files: readonly string[];
  /** Those of images. */
  readonly images: readonly string[];
}

/** @throws UserError if the folder cannot be read; a folder that is missing is empty */
export async function takeInventory(directory: string): Promise<Inventory> {
  const found = new Set<string>();
  let entries;
  try {
    entries = await readdir(directory, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (isMissing(error)) return { directory, files: [], images: [] };
    throw new UserError(`${displayPath(directory)}: cannot be read (${codeOf(error)}). Fix its permissions.`, {
      cause: error,
    });
  }
  const zips: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory()) continue;
    const path = relative(directory, join(entry.parentPath, entry.name)).split(sep).join('/');
    found.add(path.replace(/\.gz$/, ''));
    if (!path.includes('/') && /\.zip$/i.test(path)) zips.push(path);
  }
  for (const zip of zips) {
    for (const name of await namesIn(join(directory, zip))) {
      // Images without a folder are found as those of a folder with the name of the zip.
      const inFolder = isImageName(name) && !name.includes('/') ? `${basename(zip).slice(0, -4)}/${name}` : name;
      found.add(inFolder.replace(/\.gz$/, ''));
    }
  }
  for (const archive of await archivesIn(directory)) {
    const [folder] = basename(archive.path).split('.');
    for (const name of await namesInArchive(archive)) found.add(name.includes('/') ? name : `${folder}/${name}`);
  }
  const files = [...found].filter((path) => !/(^|\/)(\.|__MACOSX)/.test(path)).toSorted();
  return { directory, files, images: files.filter(isImageName) };
}

/** None of a zip that is damaged: whoever needs it will say so. */
async function namesIn(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    await using zip = await openZip(path);
    for await (const { fileName } of zip.entries()) if (!fileName.endsWith('/')) names.push(fileName);
  } catch {
    return [];
  }
  return names;
}
