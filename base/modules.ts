/** Where the program's own files are. It runs from its sources (.ts) or as a compiled package (.js). */
import { readFileSync } from 'node:fs';
import { findPackageJSON } from 'node:module';
import { extname, join } from 'node:path';

/** The folder that holds `base/` and its neighbours. What the build makes lies in its `build/`. */
export const PROGRAM_ROOT = join(import.meta.dirname, '..');

/** `.ts`, or `.js` in the compiled package. */
export const MODULE_EXTENSION = extname(import.meta.filename);

/** Address of a module beside the one with `url`, for a worker thread. @param name without extension */
export const moduleBeside = (url: string, name: string): string => new URL(`${name}${MODULE_EXTENSION}`, url).href;

/** Version of the program. */
export function programVersion(): string {
  const { version } = JSON.parse(readFileSync(findPackageJSON('..', import.meta.url)!, 'utf8')) as { version: string };
  return version;
}
