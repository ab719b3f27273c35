/**
 * The command line. It is JavaScript, so that the code which was kept from an earlier start is used from the first file
 * on: at an entry in TypeScript, Node would load its compiler of types first (about 50 ms of CPU time). The modules come
 * from the bundle of `build.ts` as long as it is newer than they are, else from the sources.
 */
import { readFileSync, statSync } from 'node:fs';
// Not its names: an old Node, which lacks some, would not come as far as the sentence below.
import module from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const build = join(here, '../build');

const { engines } = JSON.parse(readFileSync(join(here, '../package.json'), 'utf8'));
const expected = engines.node.replace('>=', '');
if (process.versions.node.localeCompare(expected, 'en', { numeric: true }) < 0) {
  process.stderr.write(`Expected Node.js ${expected} or newer, got ${process.versions.node}: install a newer one.\n`);
  process.exitCode = 2;
} else {
  // The folder of base/compile-cache.ts.
  process.env['NODE_COMPILE_CACHE'] ??= join(build, 'compile-cache');
  module.enableCompileCache(process.env['NODE_COMPILE_CACHE']);
  await import(currentBundle() ?? './main.ts');
}

/** The bundle that was made here of the sources that are here, if there is one. */
function currentBundle() {
  try {
    const { name, sources } = JSON.parse(readFileSync(join(build, 'program/current.json'), 'utf8'));
    const isCurrent = sources.every(([file, modified, size]) => {
      const found = statSync(file);
      return found.mtimeMs === modified && found.size === size;
    });
    return isCurrent && sources.some(([file]) => file === join(here, 'main.ts'))
      ? `../build/program/${name}/main.js`
      : undefined;
  } catch {
    return undefined;
  }
}
