/** Replaces files atomically. */

import { rename, rm, writeFile } from 'node:fs/promises';
import { temporaryBeside } from './temporary-file.ts';

type Content = string | NodeJS.ArrayBufferView | Iterable<NodeJS.ArrayBufferView>;

/**
 * Replaces a file atomically: it is written under a temporary name in the same folder, flushed to the disk, and
 * renamed. Processes that write the same file at once do not disturb each other. (The package write-file-atomic takes a
 * short write on a nearly full disk for a complete one.)
 * @throws the error of the file system; nothing is left behind then
 */
export async function replaceFile(file: string, content: Content): Promise<void> {
  const temporary = await temporaryBeside(file);
  try {
    await writeFile(temporary, content, { flag: 'wx', flush: true });
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
}
