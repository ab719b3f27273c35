import { statSync } from 'node:fs';

/** Whether a folder is there; false as well if it cannot be looked at. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
