/** Creates folders. */

import { existsSync, mkdirSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Creates a folder, with its parents if they are missing. (The recursive `mkdir` of Node 24 does not return if a parent
 * refuses, as in /proc, and reports the wrong error on a read-only disk.)
 * @throws the error of the file system
 */
export async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = [];
  for (let path = resolve(folder); !(await isFolder(path)); path = dirname(path)) missing.unshift(path);
  for (const path of missing) {
    await mkdir(path).catch(async (error: unknown) => {
      // Another process may have created it meanwhile.
      if (!(await isFolder(path))) throw error;
    });
  }
}

/** The same where nothing can wait. @throws as `makeFolder` */
export function makeFolderSync(folder: string): void {
  if (existsSync(folder)) return;
  makeFolderSync(dirname(resolve(folder)));
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
