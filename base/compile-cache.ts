/**
 * Node keeps what it makes of the sources under `build/`, so that only the first start reads TypeScript: half of the time
 * to a first training step. Imported for its effect, before the modules that shall profit, which are then imported by
 * `await import`: static imports are all read before anything runs.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

// Worker threads take it from the environment. A folder that cannot be written costs nothing but the time.
process.env['NODE_COMPILE_CACHE'] ??= join(import.meta.dirname, '../build/compile-cache');
enableCompileCache(process.env['NODE_COMPILE_CACHE']);
