/** Creates folders. */

import { existsSync, mkdirSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { isFolder } from './is-folder.ts';

/**
 * Creates a folder, with its parents if they are missing. (The recursive `mkdir` of Node 24 does not return if a parent
 * refuses, as in /proc, and reports the wrong error on a read-only disk.)
 * @throws the error of the file system
 */
export async function makeFolder(folder: string): Promise<void> {
  const missing: string[] = [];
  for (let path = resolve(folder); !isFolder(path); path = dirname(path)) missing.unshift(path);
  for (const path of missing) {
    await mkdir(path).catch((error: unknown) => {
      // Another process may have created it meanwhile.
      if (!isFolder(path)) throw error;
    });
  }
}

/** The same where nothing can wait. @throws as `makeFolder` */
export function makeFolderSync(folder: string): void {
  if (isFolder(folder)) return;
  const parent = dirname(resolve(folder));
  if (!existsSync(parent)) makeFolderSync(parent);
  try {
    mkdirSync(folder);
  } catch (error) {
    if (!isFolder(folder)) throw error;
  }
}
