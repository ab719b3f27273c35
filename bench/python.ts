/** Finds Python for the peers of the benchmarks. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Path of a python3 that has the module; null if there is none. */
export async function findPython(module: string): Promise<string | null> {
  for (const python of ['python3', '/usr/bin/python3']) {
    const found = await run(python, ['-c', `import ${module}`]).then(
      () => true,
      () => false,
    );
    if (found) return python;
  }
  return null;
}
