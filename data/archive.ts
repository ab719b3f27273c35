/** Finds a competition's file plain, as .gz or inside an archive: the one place that knows the kinds of archives. */

import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expectOrdinary } from '../base/ordinary-file.ts';
import { displayPath } from '../base/paths.ts';
import { printable } from '../base/printable.ts';
import { readFolder } from '../base/read-folder.ts';
import { isMissing } from '../base/system-error.ts';
import { UserError } from '../base/user-error.ts';
import { sevenZipMembers } from './seven-zip.ts';
import { expectSize, fileBytes, type Member, readSource, type Source, unreadable, unreadableZip } from './source.ts';
import { tarMembers } from './tar.ts';
import { wrongFile } from './wrong-download.ts';
import { zipMembers } from './zip-members.ts';

/** Names of files in an archive that a message lists. */
const LISTED = 5;
/** Archives whose names are remembered: to know those of a .tar takes reading it to its end. */
const REMEMBERED = 16;

/** What files with several in them are called: .zip first, whose names are found without reading it. */
const kinds: readonly RegExp[] = [/\.zip$/i, /\.(7z|tar|tar\.gz|tgz)$/i];
export const isArchiveName = (name: string): boolean => kinds.some((kind) => kind.test(name));
/** `train.tar.gz` to `train`. */
export const archiveStem = (path: string): string =>
  kinds.reduce((name, kind) => name.replace(kind, ''), basename(path));

/** An archive as a file of its own. */
export const archiveSource = (path: string): Source => ({
  name: displayPath(path),
  path,
  member: null,
  gzip: /gz$/i.test(path),
});

/**
 * Looks for a file under each of its names: as NAME, as NAME.gz, and as a file NAME or NAME.gz in each archive of the
 * folder, in this order. Where a folder is called NAME, which is how some programs unpack NAME.zip, the file is looked
 * for in it.
 * @param names the preferred one first
 * @returns null if it is nowhere
 * @throws UserError if something other than a readable file has its name, or an archive that might hold it is damaged
 */
export async function findSource(directory: string, ...names: readonly string[]): Promise<Source | null> {
  const candidates = names.flatMap((name) => [name, `${name}.gz`]);
  const { source, folder } = await lookFor(directory, candidates);
  if (source) return source;
  let damaged: unknown = null;
  for (const path of await archivesIn(directory)) {
    try {
      const found = await findMember(path, candidates);
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
 * Paths of the archives of a folder, those called .zip first, in alphabetical order; none if there is no such folder.
 * @throws UserError if the folder cannot be read
 */
export async function archivesIn(directory: string): Promise<string[]> {
  const names = await readFolder(directory);
  const archives = kinds.flatMap((kind) => names.filter((file) => kind.test(file) && !file.startsWith('.')).toSorted());
  const found = await Promise.all(
    archives.map((archive) => {
      const path = join(directory, archive);
      // What is wrong with it is told when it is opened, and only if no other has the file.
      return fileAt(path).catch(() => ({ path }));
    }),
  );
  return found.flatMap((archive) => (archive === null || archive === 'folder' ? [] : [archive.path]));
}

const remembered = new Map<string, { readonly state: string; readonly members: Promise<Member[]> }>();

/**
 * The files of an archive, in its order.
 * @throws UserError if it is damaged, or cannot be read
 */
async function* membersOf(path: string): AsyncGenerator<Member> {
  try {
    yield* /\.zip$/i.test(path) ? zipMembers(path) : await rememberedMembers(path);
  } catch (error) {
    const name = displayPath(path);
    throw (await wrongFileAt(name, path)) ?? unreadableZip(name, error);
  }
}

const LOOKED_AT = 256;

/** The sentence where something else was downloaded in the place of an archive. */
async function wrongFileAt(name: string, path: string): Promise<UserError | null> {
  try {
    const [chunk] = await Array.fromAsync(fileBytes(path, { end: LOOKED_AT }));
    return wrongFile(name, Buffer.from(chunk).toString('latin1'));
  } catch {
    // Whoever has read it says why.
    return null;
  }
}

async function rememberedMembers(path: string): Promise<readonly Member[]> {
  const { size, mtimeMs, ino } = await stat(path);
  const state = [size, mtimeMs, ino].join();
  const known = remembered.get(path);
  if (known?.state === state) return known.members;
  const source = archiveSource(path);
  const members = /\.7z$/i.test(path) ? sevenZipMembers(source) : tarMembers(source);
  remembered.delete(path);
  remembered.set(path, { state, members });
  if (remembered.size > REMEMBERED) remembered.delete(remembered.keys().next().value!);
  return members;
}

/** Names of the files of an archive. @throws UserError if it is damaged, or cannot be read */
export async function namesIn(path: string): Promise<string[]> {
  const names: string[] = [];
  for await (const { file } of membersOf(path)) names.push(file);
  return names;
}

/**
 * Looks for an archive that holds a file of such a name: those called `preferred` first, because it takes long to read
 * the names in a large one.
 * @param preferred name of the archive without its suffix
 * @returns the archive as a file of its own, and the first such file in it; null if there is none
 * @throws UserError as `findSource`
 */
export async function findArchiveWith(
  directory: string,
  preferred: string,
  matches: (name: string, archive: string) => boolean,
): Promise<{ archive: Source; file: Source } | null> {
  const archives = (await archivesIn(directory)).toSorted(
    (a, b) => Number(archiveStem(b) === preferred) - Number(archiveStem(a) === preferred),
  );
  let damaged: unknown = null;
  for (const path of archives) {
    try {
      let member: Member | null = null;
      // To the end, where damage may be.
      for await (const one of membersOf(path)) if (matches(one.file, path)) member ??= one;
      if (!member) continue;
      const archive = archiveSource(path);
      expectSize(archive, (await stat(path)).size);
      return { archive, file: memberSource(path, member) };
    } catch (error) {
      damaged ??= error;
    }
  }
  if (damaged !== null) throw damaged;
  return null;
}

/**
 * What the archives of a folder hold, for a person who looks for something else: `a.zip, which holds x.csv`.
 * @throws UserError if the folder cannot be read
 */
export async function describeArchives(directory: string): Promise<string[]> {
  const described: string[] = [];
  for (const path of await archivesIn(directory)) {
    const names: string[] = [];
    let count = 0;
    const archive = printable(basename(path));
    try {
      for await (const { file } of membersOf(path)) if ((count += 1) <= LISTED) names.push(printable(file, 60));
      const more = count > names.length ? [`${count - names.length} more`] : [];
      described.push(`${archive}, which holds ${count === 0 ? 'nothing' : [...names, ...more].join(', ')}`);
    } catch {
      described.push(`${archive}, which is damaged`);
    }
  }
  return described;
}

/** The files of a zip, each to be read by itself. @throws UserError if it is damaged, or cannot be read */
export async function zippedSources(path: string): Promise<Source[]> {
  try {
    return await Array.fromAsync(zipMembers(path), (member) => memberSource(path, member));
  } catch (error) {
    throw unreadableZip(displayPath(path), error);
  }
}

/**
 * Reads all that a zip holds, so that one that was cut off or damaged on its way is noticed.
 * @returns the names of its files
 * @throws UserError naming the file that is damaged or encrypted
 */
export async function checkZip(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const member of zipMembers(path)) {
      await readSource(memberSource(path, member), () => {});
      names.push(member.file);
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
      const source = { name: displayPath(path), path, member: null, gzip: candidate.endsWith('.gz') };
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

async function findMember(path: string, names: readonly string[]): Promise<Source | null> {
  const wanted = new Map(names.flatMap((name, i) => [name, `${name}/${name}`].map((file, j) => [file, 2 * i + j])));
  let best: Member | null = null;
  for await (const member of membersOf(path)) {
    const place = wanted.get(member.file);
    if (place !== undefined && (best === null || place < wanted.get(best.file)!)) best = member;
  }
  return best && memberSource(path, best);
}

function memberSource(path: string, member: Member): Source {
  const { file, bytes } = member;
  const source = { name: `${displayPath(path)}/${printable(file)}`, path, member, gzip: file.endsWith('.gz') };
  expectSize(source, bytes);
  return source;
}
