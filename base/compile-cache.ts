/** Caches the code that Node compiles from the sources, so that the next start is faster. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { PROGRAM_ROOT } from './modules.ts';

/**
 * Keeps the cache under `build/`, so that only the first start compiles TypeScript, which is half of the time to a
 * first training step. It helps only modules that are imported by `await import` after the call, since static imports
 * load before.
 */
export function keepCompiled(): void {
  // Worker threads read the environment variable. If the folder cannot be written, starts are only slower.
  process.env['NODE_COMPILE_CACHE'] ??= join(PROGRAM_ROOT, 'build/compile-cache');
  enableCompileCache(process.env['NODE_COMPILE_CACHE']);
}
