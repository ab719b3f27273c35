/** Folders with their parents. */

import { existsSync, mkdirSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder, if need be with its parents. (Where a parent refuses, as in /proc, the recursive `mkdir` of Node 24
 * does not come back, and on a read-only disk it gives the wrong reason.)
 * @throws the error of the file system
 */
export async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = [];
  for (let path = resolve(folder); !(await isFolder(path)); path = dirname(path)) missing.unshift(path);
  for (const path of missing) {
    await mkdir(path).catch(async (error: unknown) => {
      // Another process may have been faster.
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
