/** Keeps the code that Node compiles from the sources, so that the next start is faster. */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { PROGRAM_ROOT } from './modules.ts';

/**
 * Keeps it under `build/`, so that only the first start reads TypeScript: half of the time to a first training step.
 * Modules profit only if they are imported by `await import` after the call: static imports are read before anything
 * runs.
 */
export function keepCompiled(): void {
  // Worker threads take it from the environment. A folder that cannot be written costs nothing but the time.
  process.env['NODE_COMPILE_CACHE'] ??= join(PROGRAM_ROOT, 'build/compile-cache');
  enableCompileCache(process.env['NODE_COMPILE_CACHE']);
}
