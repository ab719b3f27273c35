/** Finds a competition's file plain, as .gz or inside a .zip. */

import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Entry } from 'yauzl';
import { expectOrdinary } from '../base/ordinary-file.ts';
import { displayPath } from '../base/paths.ts';
import { printable } from '../base/printable.ts';
import { isMissing } from '../base/system-error.ts';
import { UserError } from '../base/user-error.ts';
import { expectSize, readSource, type Source, unreadable, unreadableZip } from './source.ts';
import { openZip } from './zip.ts';

/** Names of files in a zip that a message lists. */
const LISTED = 5;

/**
 * Looks for a file under each of its names: as NAME, as NAME.gz, and as an entry NAME or NAME.gz of each .zip in the
 * folder, in this order. Where a folder is called NAME, which is how some programs unpack NAME.zip, the file is looked
 * for in it.
 * @param names the preferred one first
 * @returns null if it is nowhere
 * @throws UserError if something other than a readable file has its name, or a zip that might hold it is damaged
 */
export async function findSource(directory: string, ...names: readonly string[]): Promise<Source | null> {
  const candidates = names.flatMap((name) => [name, `${name}.gz`]);
  const { source, folder } = await lookFor(directory, candidates);
  if (source) return source;
  let damaged: unknown = null;
  for (const path of await zipsIn(directory)) {
    try {
      const found = await findEntry(path, candidates);
      if (found) return found;
    } catch (error) {
      damaged ??= error;
    }
  }
  if (damaged !== null) throw damaged;
  if (folder) throw folder;
  return null;
}

/** The first file of these names that lies in the folder itself. @throws UserError as `findSource` */
export async function findUnzipped(directory: string, names: readonly string[]): Promise<Source | null> {
  return (await lookFor(directory, names)).source;
}

/**
 * Looks for a .zip that holds a file of such a name: first the one called `preferred`, then all of them, because it
 * takes long to read the names in a large zip.
 * @returns the zip as a file of its own, and the first such file in it; null if there is none
 * @throws UserError as `findSource`
 */
export async function findZipWith(
  directory: string,
  preferred: string,
  matches: (name: string) => boolean,
): Promise<{ zip: Source; file: Source } | null> {
  const zips = (await zipsIn(directory)).toSorted(
    (a, b) => Number(basename(b) === preferred) - Number(basename(a) === preferred),
  );
  let damaged: unknown = null;
  for (const path of zips) {
    const name = displayPath(path);
    try {
      const entry = await firstEntry(path, matches);
      if (!entry) continue;
      const zip = { name, path, entry: null, gzip: false };
      expectSize(zip, (await stat(path)).size);
      return { zip, file: entrySource(path, entry) };
    } catch (error) {
      damaged ??= unreadableZip(name, error);
    }
  }
  if (damaged !== null) throw damaged;
  return null;
}

/** Paths of the .zip files of a folder in alphabetical order; none if there is no such folder. */
async function zipsIn(directory: string): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreadable(displayPath(directory), error);
  }
  const zips = names.filter((file) => file.toLowerCase().endsWith('.zip')).toSorted();
  const found = await Promise.all(
    zips.map((zip) => {
      const path = join(directory, zip);
      // What is wrong with it is told when it is opened, and only if no other has the file.
      return fileAt(path).catch(() => ({ path }));
    }),
  );
  return found.flatMap((zip) => (zip === null || zip === 'folder' ? [] : [zip.path]));
}

/**
 * What the .zip files of a folder hold, for a person who looks for something else: `a.zip, which holds x.csv`.
 * @throws UserError if the folder cannot be read
 */
export async function describeZips(directory: string): Promise<string[]> {
  const described: string[] = [];
  for (const path of await zipsIn(directory)) {
    const names: string[] = [];
    let count = 0;
    const zip = printable(basename(path));
    try {
      await using opened = await openZip(path);
      for await (const { fileName } of opened.entries()) {
        if (fileName.endsWith('/')) continue;
        if ((count += 1) <= LISTED) names.push(printable(fileName, 60));
      }
      const more = count > names.length ? [`${count - names.length} more`] : [];
      described.push(`${zip}, which holds ${count === 0 ? 'nothing' : [...names, ...more].join(', ')}`);
    } catch {
      described.push(`${zip}, which is damaged`);
    }
  }
  return described;
}

/**
 * Reads all that a zip holds, so that one that was cut off or damaged on its way is noticed.
 * @returns the names of its files
 * @throws UserError naming the file that is damaged or encrypted
 */
export async function checkZip(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    await using zip = await openZip(path);
    for await (const entry of zip.entries()) {
      const { fileName } = entry;
      if (fileName.endsWith('/')) continue;
      await readSource(entrySource(path, entry), () => {});
      names.push(fileName);
    }
  } catch (error) {
    throw unreadableZip(displayPath(path), error);
  }
  return names;
}

/** @returns the first file that is there, or what to say of the first folder of such a name that has no such file */
async function lookFor(
  directory: string,
  names: readonly string[],
): Promise<{ source: Source | null; folder: UserError | null }> {
  let folder: UserError | null = null;
  for (const candidate of names) {
    const found = await fileAt(join(directory, candidate));
    if (found === 'folder') {
      const name = displayPath(join(directory, candidate));
      folder ??= new UserError(`${name}: expected a file, got a folder without it. Put the file itself there.`);
    } else if (found) {
      const { path, bytes } = found;
      const source = { name: displayPath(path), path, entry: null, gzip: candidate.endsWith('.gz') };
      expectSize(source, bytes);
      return { source, folder };
    }
  }
  return { source: null, folder };
}

/**
 * The file at a path, or the one of the same name in the folder there.
 * @returns null if there is nothing, and 'folder' if a folder without such a file is there
 * @throws UserError if it cannot be read, or is neither file nor folder
 */
async function fileAt(path: string): Promise<{ path: string; bytes: number } | 'folder' | null> {
  try {
    const found = await stat(path);
    if (!found.isDirectory()) {
      expectOrdinary(path, found);
      return { path, bytes: found.size };
    }
    const inner = join(path, basename(path));
    const inside = await stat(inner).catch((error: unknown) => {
      if (isMissing(error)) return null;
      throw error;
    });
    return inside?.isFile() ? { path: inner, bytes: inside.size } : 'folder';
  } catch (error) {
    if (isMissing(error)) return null;
    throw unreadable(displayPath(path), error);
  }
}

async function findEntry(path: string, names: readonly string[]): Promise<Source | null> {
  try {
    const wanted = new Map(names.flatMap((name, i) => [name, `${name}/${name}`].map((entry, j) => [entry, 2 * i + j])));
    let best: Entry | null = null;
    await using zip = await openZip(path);
    for await (const entry of zip.entries()) {
      const place = wanted.get(entry.fileName);
      if (place !== undefined && (best === null || place < wanted.get(best.fileName)!)) best = entry;
    }
    return best && entrySource(path, best);
  } catch (error) {
    throw unreadableZip(displayPath(path), error);
  }
}

/** @throws Error if the zip is damaged, as far as its names are read */
async function firstEntry(path: string, matches: (name: string) => boolean): Promise<Entry | null> {
  await using zip = await openZip(path);
  let first: Entry | null = null;
  for await (const entry of zip.entries()) {
    if (matches(entry.fileName)) first ??= entry;
  }
  return first;
}

function entrySource(path: string, entry: Entry): Source {
  const { fileName, compressedSize, uncompressedSize } = entry;
  const name = `${displayPath(path)}/${printable(fileName)}`;
  const source = { name, path, entry, gzip: fileName.endsWith('.gz') };
  expectSize(source, Math.max(compressedSize, uncompressedSize));
  return source;
}
