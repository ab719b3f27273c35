/** Paths as people see them. */
import { relative } from 'node:path';
import { printable } from './printable.ts';

/** How messages name a file: relative to the working directory where that is shorter to read. */
export function displayPath(path: string): string {
  const short = relative(process.cwd(), path);
  return printable(short.startsWith('..') ? path : short || '.', 1_000);
}
