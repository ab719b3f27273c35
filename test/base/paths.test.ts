import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'ava';

test('a file has a name in messages also where the working directory was deleted', (t) => {
  const script =
    "const { displayPath } = await import(process.env.PATHS); const fs = await import('node:fs'); const folder = " +
    "fs.mkdtempSync('/tmp/gone-'); process.chdir(folder); fs.rmdirSync(folder); console.log(displayPath('/a/b'))";
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    env: { PATHS: fileURLToPath(new URL('../../base/paths.ts', import.meta.url)) },
    encoding: 'utf8',
  });
  t.is(stdout, '/a/b\n');
});
