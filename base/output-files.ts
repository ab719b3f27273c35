/** Output files that are whole or not there, and the checks that they can be written before hours are spent on them. */
import { randomUUID } from 'node:crypto';
import { open, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { displayPath } from './paths.ts';
import { makeFolder } from './make-folder.ts';
import { replaceFile } from './replace-file.ts';
import { UserError } from './user-error.ts';

/**
 * Replaces a file in one step.
 * @throws UserError if there is no room or no permission; nothing is left behind then
 */
export async function writeAtomically(file: string, content: string | Uint8Array): Promise<void> {
  await replaceFile(file, content).catch((error: unknown) => {
    throw unwritable(file, error);
  });
}

/**
 * Makes a folder, if need be with its parents, and a file in it, which is removed again.
 * @throws UserError if one of them cannot be made
 */
export async function prepareFolder(folder: string): Promise<void> {
  const probe = join(folder, `.${randomUUID()}.tmp`);
  try {
    await makeFolder(folder);
    await writeFile(probe, 'room', { flag: 'wx' });
  } catch (error) {
    throw unwritable(folder, error);
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}

/**
 * Guards a file that is about to be replaced: what is there must be an earlier version of it.
 * @param beginning how each version of the file begins
 * @param what what the file is, for the message
 * @throws UserError if something else has its name
 */
export async function expectOwn(file: string, beginning: string, what: string): Promise<void> {
  const found = await readBeginning(file, Buffer.byteLength(beginning));
  if (found === null || found === beginning) return;
  throw new UserError(
    `${displayPath(file)}: expected ${what} to replace or no file, got something else. ` +
      'Move it away, or name another output folder.',
  );
}

/** The first bytes of a file; null if there is none, and the empty text if it is no file. */
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

/** The sentence for a user if the file system is to blame; any other error as it is. */
function unwritable(path: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return new UserError(
    `${displayPath(path)}: cannot be written (${error.message}). ` +
      'Make room or mend its permissions, or name another output folder.',
    { cause: error },
  );
}
