/** Paths as people see them. */
import { relative } from 'node:path';
import { printable } from './printable.ts';

/** How messages name a file: relative to the working directory where that is shorter to read. */
export function displayPath(path: string): string {
  const folder = workingDirectory();
  const short = folder === null ? path : relative(folder, path);
  return printable(short.startsWith('..') ? path : short || '.', 1_000);
}

/** Null if it was deleted, or if its folders may not be read. */
export function workingDirectory(): string | null {
  try {
    return process.cwd();
  } catch {
    return null;
  }
}
