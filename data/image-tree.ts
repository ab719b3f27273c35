/** Image files in a folder, its folders, or an archive of it. */

import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { basename, extname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import pLimit from 'p-limit';
import { readOrdinarySync } from '../base/ordinary-file.ts';
import { displayPath } from '../base/paths.ts';
import { printable } from '../base/printable.ts';
import { readFolders } from '../base/read-folder.ts';
import { codeOf } from '../base/system-error.ts';
import { UserError } from '../base/user-error.ts';
import { archiveStem, findArchiveWith } from './archive.ts';
import { maximumRows } from './images.ts';
import { openArchive } from './open-archive.ts';
import { hashSource, packingOf, type Source } from './source.ts';

const SUFFIXES = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.bmp', '.tif', '.tiff']);
/** Photographs have less; anything longer is no image of a competition. */
export const LARGEST_IMAGE_BYTES = 1 << 28;
/** After so many files others have their turn. */
const TURN = 100;
/** Decoding is faster than reading on two cores, so a few more are under way than there are cores. */
export const SIDE_BY_SIDE = 2 * availableParallelism();

export const isImageName = (name: string): boolean => SUFFIXES.has(extname(name).toLowerCase());

export const withoutSuffix = (path: string): string =>
  isImageName(path) ? path.slice(0, -extname(path).length) : path;

/** A name in the form of Unicode that most programs write: macOS may keep ü as two characters. */
export const composed = (name: string): string => name.normalize('NFC');

/** What tables may call an image, the longest name first; also with composed letters. */
export function namesOfImage(path: string): string[] {
  return [
    ...new Set(
      [path, composed(path)].flatMap((one) => {
        const name = one.slice(one.lastIndexOf('/') + 1);
        return [one, withoutSuffix(one), name, withoutSuffix(name)];
      }),
    ),
  ];
}

/** A path as a table writes it, without what says nothing: `./a\\b.png` to `a/b.png`. */
export const plainPath = (path: string): string => path.replaceAll('\\', '/').replace(/^(\.?\/)+/, '');

/** `c/a/1.png`, `a/1.png` and `1.png`: the path as it is seen from any folder above. */
export const tailsOf = (path: string): string[] => {
  const parts = path.split('/');
  return parts.map((_, i) => parts.slice(i).join('/'));
};

/** What an image may be called that lay in other folders, as `/kaggle/input/a/1.png`: all tails but its mere name. */
export const pathsOf = (name: string): string[] => {
  const tails = tailsOf(plainPath(name));
  return tails.length === 1 ? tails : tails.slice(0, -1);
};

export interface ImageTree {
  /** What messages call the folder or the archive. */
  readonly name: string;
  /** How files are unpacked, as a part of the key of what is read. */
  readonly packing: string;
  /** Paths below the folder, if it is one; none of an archive. */
  readonly paths: readonly string[];
  /** SHA-256 of all files and their names. */
  digest(signal?: AbortSignal): Promise<string>;
  /**
   * @param prepare gets the paths below the folder, with slashes, in the order of their letters
   * @param take gets the content of each, several at once and in any order
   * @returns as `digest`, of what was read
   * @throws UserError if a file cannot be read; what `prepare` and `take` throw; the reason of the signal when it aborts
   */
  read(
    prepare: (paths: readonly string[]) => void,
    take: (path: string, content: Buffer) => Promise<void>,
    signal?: AbortSignal,
  ): Promise<string>;
}

/**
 * Looks for the folder, and for an archive that holds it.
 * @param folder path in the data folder; `.` for itself
 * @returns null if there is none with an image in it
 */
export async function findImageTree(directory: string, folder: string): Promise<ImageTree | null> {
  const path = join(directory, folder);
  const paths = await imagesIn(path);
  if (paths.length > 0) return inFolder(path, paths);
  if (folder === '.') return null;
  // Images of an archive that are in no folder are those of the folder of its name.
  const isHeld = (name: string, archive: string): boolean =>
    isMeant(name) &&
    (`/${name}`.includes(`/${folder}/`) || (!name.includes('/') && archiveStem(archive) === basename(folder)));
  const found = await findArchiveWith(directory, basename(folder), isHeld);
  return found && inArchive(found.archive, folder);
}

const isMeant = (path: string): boolean => isImageName(path) && !/(^|\/)(\.|__MACOSX)/.test(path);

/** Paths below a folder, sorted; none if there is no folder. @throws UserError if it cannot be read */
export async function imagesIn(folder: string): Promise<string[]> {
  const entries = await readFolders(folder);
  return entries
    .filter(({ path, isFolder }) => !isFolder && isMeant(path))
    .map(({ path }) => path)
    .toSorted();
}

function inFolder(folder: string, paths: readonly string[]): ImageTree {
  const name = displayPath(folder);
  const readAll = async (
    take: (path: string, content: Buffer) => Promise<void> | undefined,
    signal?: AbortSignal,
  ): Promise<string> => {
    const all = createHash('sha256');
    for (const [i, path] of paths.entries()) {
      const content = readImage(join(folder, path));
      all.update(`${path}\n${content.length}\n`).update(content);
      await take(path, content);
      if (i % TURN === 0) await setImmediate();
      signal?.throwIfAborted();
    }
    return all.digest('hex');
  };
  const read: ImageTree['read'] = async (prepare, take, signal) => {
    expectCount(name, paths.length);
    prepare(paths);
    const limited = limit(take, signal);
    const digest = await readAll((path, content) => limited.start(path, content), signal);
    await limited.end();
    return digest;
  };
  const digest = (signal?: AbortSignal): Promise<string> => readAll(() => undefined, signal);
  return { name, packing: 'folder', paths, digest, read };
}

/** Not with promises, which take forty times as long for small files. */
export function readImage(file: string): Buffer {
  try {
    return readOrdinarySync(file, LARGEST_IMAGE_BYTES);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`${displayPath(file)}: cannot be read (${codeOf(error)}). Put a readable file there.`, {
      cause: error,
    });
  }
}

/** Lets a few run at once, so that no more files are in memory than are worked on. */
function limit(take: (path: string, content: Buffer) => Promise<void>, signal?: AbortSignal) {
  const limited = pLimit(SIDE_BY_SIDE);
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | null = null;
  const expectSuccess = (): void => {
    if (failure !== null) throw failure.error;
    signal?.throwIfAborted();
  };
  return {
    /** Waits until there is room for the next one. @throws what an earlier one threw, or the reason of the signal */
    async start(path: string, content: Buffer): Promise<void> {
      const job = limited(() => take(path, content)).catch((error: unknown) => {
        failure ??= { error };
      });
      running.add(job);
      void job.then(() => running.delete(job));
      if (running.size >= SIDE_BY_SIDE) await Promise.race(running);
      expectSuccess();
    },
    async end(): Promise<void> {
      await Promise.all(running);
      expectSuccess();
    },
  };
}

function inArchive(source: Source, folder: string): ImageTree {
  const { name } = source;
  return {
    name,
    packing: packingOf(source),
    paths: [],
    digest: (signal) => hashSource(source, signal),
    async read(prepare, take, signal) {
      const packed = await openArchive(source, isMeant, signal);
      const all = Array.from(packed.files(), (file) => file.name);
      // The folder may lie in others, or the images in none.
      const holders = [`/${folder}/`, `/${basename(folder)}/`];
      const holder = holders.find((one) => all.some((path) => `/${path}`.includes(one))) ?? '/';
      const below = (path: string): string | null => {
        const at = `/${path}`.indexOf(holder);
        return at === -1 ? null : `/${path}`.slice(at + holder.length);
      };
      const paths = all
        .map(below)
        .filter((path) => path !== null)
        .toSorted();
      expectCount(`${name}/${folder}`, paths.length);
      prepare(paths);
      const limited = limit(take, signal);
      for (const file of packed.files()) {
        const path = below(file.name);
        if (path === null) continue;
        if (file.size > LARGEST_IMAGE_BYTES) throw new UserError(`${name}/${printable(path)}: too long for an image.`);
        await limited.start(path, Buffer.from(file.read()));
      }
      await limited.end();
      return packed.digest;
    },
  };
}

function expectCount(name: string, count: number): void {
  if (count > 0 && count <= maximumRows) return;
  throw new UserError(`${name}: expected 1 to ${maximumRows} images, got ${count}. Put the right files there.`);
}
