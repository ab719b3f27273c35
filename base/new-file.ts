/** Files that are written piece by piece, appear whole, and never take the place of another. */
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { makeFolder } from './make-folder.ts';
import { displayPath } from './paths.ts';
import { codeOf } from './system-error.ts';
import { UserError } from './user-error.ts';

export interface NewFile {
  write(text: string | Uint8Array): Promise<void>;
  /** Gives the file its name. @throws UserError if another file has got it meanwhile */
  keep(): Promise<void>;
  /** Leaves nothing behind; does nothing after `keep`. */
  drop(): Promise<void>;
}

/**
 * Begins a file under a name of its own; its folder is made if need be.
 * @throws UserError if a file of that name is there, or it cannot be written
 */
export async function beginNewFile(file: string): Promise<NewFile> {
  if (existsSync(file)) throw taken(file);
  const temporary = join(dirname(file), `.${basename(file)}.${randomUUID()}.tmp`);
  let handle: FileHandle;
  try {
    await makeFolder(dirname(file));
    handle = await open(temporary, 'wx');
  } catch (error) {
    throw unwritable(file, error);
  }
  const drop = async (): Promise<void> => {
    await handle.close().catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
  };
  return {
    async write(text) {
      await handle.writeFile(text).catch((error: unknown) => {
        throw unwritable(file, error);
      });
    },
    async keep() {
      try {
        await handle.sync();
        await handle.close();
        await giveName(temporary, file);
      } catch (error) {
        throw unwritable(file, error);
      } finally {
        await drop();
      }
    },
    drop,
  };
}

/** Writes a whole file that must not be there yet. @throws UserError as `beginNewFile` */
export async function writeNewFile(file: string, content: string | Uint8Array): Promise<void> {
  const begun = await beginNewFile(file);
  try {
    await begun.write(content);
    await begun.keep();
  } finally {
    await begun.drop();
  }
}

/** A link, unlike a new name, is refused where a file is. Some file systems have none. */
async function giveName(temporary: string, file: string): Promise<void> {
  try {
    await link(temporary, file);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' || existsSync(file)) throw taken(file);
    await rename(temporary, file);
  }
}

const taken = (file: string): UserError =>
  new UserError(`${displayPath(file)}: expected no such file, found one. Name another file, or move it away.`);

/** The sentence for a user if the file system is to blame; any other error as it is. */
function unwritable(file: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return new UserError(
    `${displayPath(file)}: cannot be written (${error.message}). Name another file, or free disk space or fix its permissions.`,
    { cause: error },
  );
}
