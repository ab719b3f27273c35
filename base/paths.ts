/** Paths in messages. */
import { relative } from 'node:path';
import { printable } from './printable.ts';

/** A path for messages: relative to the working directory if that is shorter. */
export function displayPath(path: string): string {
  const folder = workingDirectory();
  const short = folder === null ? path : relative(folder, path);
  return printable(short.startsWith('..') ? path : short || '.', 1_000);
}

/** The working directory; null if it was deleted or cannot be read. */
export function workingDirectory(): string | null {
  try {
    return process.cwd();
  } catch {
    return null;
  }
}
