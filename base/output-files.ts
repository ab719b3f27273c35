/** Writes output files atomically, and checks before long work that they can be written. */
import { rmSync, writeFileSync } from 'node:fs';
import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { displayPath } from './paths.ts';
import { makeFolder } from './make-folder.ts';
import { replaceFile } from './replace-file.ts';
import { codeOf } from './system-error.ts';
import { fateOfMark, processMark, temporaryBeside, temporaryName } from './temporary-file.ts';
import { unwritable } from './unwritable.ts';
import { UserError } from './user-error.ts';

const REMEDY = 'Free disk space or fix its permissions, or name another output folder.';

/**
 * Replaces a file atomically.
 * @throws UserError if there is no space or no permission; nothing is left behind then
 */
export async function writeAtomically(file: string, content: string | Uint8Array): Promise<void> {
  await replaceFile(file, content).catch((error: unknown) => {
    throw unwritable(displayPath(file), error, REMEDY);
  });
}

export interface OwnFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** Beginning of every version of the file, as for `expectOwn`. */
  readonly beginning: string;
  readonly what: string;
}

/**
 * Replaces several files of a folder, or none of them if there is no space. The folder is created if it is missing.
 * Processes that write into one folder take turns, so that their files do not mix.
 * @throws UserError if one of them cannot be written, or would replace another file
 */
export async function writeTogether(folder: string, files: readonly OwnFile[]): Promise<void> {
  const targets = files.map(({ name }) => join(folder, name));
  const temporaries: string[] = [];
  try {
    await makeFolder(folder);
    await withTurn(folder, async () => {
      for (const [i, { beginning, what }] of files.entries()) await expectOwn(targets[i], beginning, what);
      for (const [i, { content }] of files.entries()) {
        temporaries.push(await temporaryBeside(targets[i]));
        await writeFile(temporaries[i], content, { flag: 'wx', flush: true });
      }
      for (const [i, target] of targets.entries()) await rename(temporaries[i], target);
    });
  } catch (error) {
    for (const temporary of temporaries) await rm(temporary, { force: true }).catch(() => {});
    throw unusable(folder, error);
  }
}

/** Longest turn of a process of which nothing is known. */
const LONGEST_TURN_MS = 30_000;
const BETWEEN_LOOKS_MS = 20;

/** Runs short work on a folder while no other process does. The turn of a process that was killed is taken at once. */
export async function withTurn<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const turn = join(folder, '.writing');
  for (let looks = 0; !takeTurn(turn); looks += 1) {
    const found = await readTurn(turn);
    const fate = found && fateOfMark(found.mark);
    const isLong =
      looks > LONGEST_TURN_MS / BETWEEN_LOOKS_MS || (found && Date.now() - found.begunMs > LONGEST_TURN_MS);
    if (found && (fate === 'ended' || (fate === 'unknown' && isLong))) await removeTurn(turn, found.mark);
    else await setTimeout(BETWEEN_LOOKS_MS);
  }
  try {
    return await work();
  } finally {
    await removeTurn(turn, processMark);
  }
}

/** @returns false if it is the turn of another */
function takeTurn(turn: string): boolean {
  try {
    // Nothing may come between making the file and writing the mark, so this does not wait.
    writeFileSync(turn, processMark, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    rmSync(turn, { force: true });
    throw error;
  }
}

const readTurn = async (turn: string): Promise<{ mark: string; begunMs: number } | null> =>
  Promise.all([readFile(turn, 'utf8'), stat(turn)]).then(
    ([mark, { mtimeMs }]) => ({ mark, begunMs: mtimeMs }),
    () => null,
  );

/** Another process may have removed the turn too, and taken its own: that one is put back. */
async function removeTurn(turn: string, mark: string): Promise<void> {
  const aside = temporaryName(turn);
  try {
    await rename(turn, aside);
    if ((await readFile(aside, 'utf8')) === mark) await rm(aside, { force: true });
    else await rename(aside, turn);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/**
 * Creates a folder, with its parents if they are missing, and tests that a file can be written in it.
 * @throws UserError if one of these fails
 */
export async function prepareFolder(folder: string): Promise<void> {
  const probe = await temporaryBeside(join(folder, 'probe'));
  try {
    await makeFolder(folder);
    await writeFile(probe, 'room', { flag: 'wx' });
  } catch (error) {
    throw unusable(folder, error);
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}

/**
 * Checks a file that is about to be replaced: an existing one must be an earlier version of it.
 * @param beginning beginning of every version of the file
 * @param what kind of the file, for the message
 * @throws UserError if another file has its name
 */
export async function expectOwn(file: string, beginning: string, what: string): Promise<void> {
  const found = await readBeginning(file, Buffer.byteLength(beginning));
  if (found === null || found === beginning) return;
  throw new UserError(
    `${displayPath(file)}: expected ${what} to replace or no file, got something else. ` +
      'Move it away, or name another output folder.',
  );
}

/** The first bytes of a file; null if the file does not exist, and an empty text if the path is not a file. */
async function readBeginning(path: string, bytes: number): Promise<string | null> {
  try {
    if (!(await stat(path)).isFile()) return '';
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } catch (error) {
    if (error instanceof Error && 'code' in error && ['ENOENT', 'ENOTDIR'].includes(String(error.code))) return null;
    return '';
  }
}

/** As `unwritable`, for a folder. */
export function unusable(folder: string, error: unknown): unknown {
  if (!['EEXIST', 'ENOTDIR'].includes(codeOf(error))) return unwritable(displayPath(folder), error, REMEDY);
  const remedy = 'Move the file away, or name another output folder.';
  return new UserError(`${displayPath(folder)}: expected a folder, got a file there or above it. ${remedy}`, {
    cause: error,
  });
}
