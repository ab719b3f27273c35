/** Writes files piece by piece. They appear only when they are complete, and replace another file only if that is asked for. */
import { existsSync } from 'node:fs';
import { type FileHandle, link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder } from './make-folder.ts';
import { unusable } from './output-files.ts';
import { displayPath } from './paths.ts';
import { codeOf } from './system-error.ts';
import { temporaryBeside } from './temporary-file.ts';
import { unwritable } from './unwritable.ts';
import { UserError } from './user-error.ts';

const REMEDY = 'Name another file, or free disk space or fix its permissions.';

export interface NewFile {
  write(text: string | Uint8Array): Promise<void>;
  /** Gives the file its final name. @throws UserError if another file has this name by now and is not to be replaced */
  keep(): Promise<void>;
  /** Deletes the unfinished file. Does nothing after `keep`. */
  drop(): Promise<void>;
}

/**
 * Starts a file under a temporary name. Its folder is created if it is missing.
 * @param options.force replaces a file that is there. Default: it is an error
 * @throws UserError if the file exists, or cannot be written
 */
export async function beginNewFile(file: string, { force = false } = {}): Promise<NewFile> {
  if (!force && existsSync(file)) throw taken(file);
  const temporary = await temporaryBeside(file);
  const folder = dirname(file);
  await makeFolder(folder).catch((error: unknown) => {
    throw unusable(folder, error);
  });
  let handle: FileHandle;
  try {
    handle = await open(temporary, 'wx');
  } catch (error) {
    throw unwritable(displayPath(file), error, REMEDY);
  }
  const drop = async (): Promise<void> => {
    await handle.close().catch(() => {});
    await rm(temporary, { force: true }).catch(() => {});
  };
  return {
    async write(text) {
      await handle.writeFile(text).catch((error: unknown) => {
        throw unwritable(displayPath(file), error, REMEDY);
      });
    },
    async keep() {
      try {
        await handle.sync();
        await handle.close();
        await (force ? rename(temporary, file) : giveName(temporary, file));
      } catch (error) {
        throw unwritable(displayPath(file), error, REMEDY);
      } finally {
        await drop();
      }
    },
    drop,
  };
}

/** Uses a hard link, since a rename would replace an existing file. Some file systems lack links. */
async function giveName(temporary: string, file: string): Promise<void> {
  try {
    await link(temporary, file);
  } catch (error) {
    if (codeOf(error) === 'EEXIST' || existsSync(file)) throw taken(file);
    await rename(temporary, file);
  }
}

const taken = (file: string): UserError =>
  new UserError(
    `${displayPath(file)}: expected no such file, found one. Name another file, or use --force to replace it.`,
  );
