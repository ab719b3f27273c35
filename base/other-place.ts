/** Saves the results of long work elsewhere if their folder can no longer be written. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { displayPath } from './paths.ts';
import { UserError } from './user-error.ts';

export interface Placed<T> {
  readonly result: T;
  /** A sentence that says why the results are elsewhere; null if they are in the given folder. */
  readonly moved: string | null;
}

/**
 * Writes into a folder. If that fails, it writes into a new folder beside it, and if that fails too into a temporary
 * one.
 * @param write creates the folder if it is missing, and leaves nothing behind if it fails
 * @throws any error that is not from the file system, or the first error if all places fail
 */
export async function writeOrElsewhere<T>(folder: string, write: (folder: string) => Promise<T>): Promise<Placed<T>> {
  const failure = await attempt(() => write(folder));
  if ('result' in failure) return { result: failure.result, moved: null };
  for (const beginning of [`${resolve(folder)}-`, join(tmpdir(), `wide-optima-${basename(resolve(folder))}-`)]) {
    const other = await attempt(async () => {
      const made = await mkdtemp(beginning);
      try {
        return { made, result: await write(made) };
      } catch (error) {
        await rm(made, { recursive: true, force: true }).catch(() => {});
        throw error;
      }
    });
    if (!('result' in other)) continue;
    const { made, result } = other.result;
    return { result, moved: `${failure.error.message} Written to ${displayPath(made)} in its place.` };
  }
  throw failure.error;
}

/** @throws any error that is not from the file system */
async function attempt<T>(work: () => Promise<T>): Promise<{ result: T } | { error: Error }> {
  try {
    return { result: await work() };
  } catch (error) {
    if (error instanceof UserError || (error instanceof Error && 'syscall' in error)) return { error };
    throw error;
  }
}
