/** Paths of the program's own files. It runs from its sources (.ts) or as a compiled package (.js). */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { extname, join } from 'node:path';

/** The root of the program, which contains `base/` and, after a build, `build/`. */
export const PROGRAM_ROOT = join(import.meta.dirname, '..');

/** Extension of modules: `.ts`, or `.js` in the compiled package. */
export const MODULE_EXTENSION = extname(import.meta.filename);

/** URL of a module in the folder of another one, for a worker thread. @param name file name without extension */
export const moduleBeside = (url: string, name: string): string => new URL(`${name}${MODULE_EXTENSION}`, url).href;

export function programVersion(): string {
  const { version } = JSON.parse(readFileSync(findPackageJSON('..', import.meta.url)!, 'utf8')) as { version: string };
  return version;
}
