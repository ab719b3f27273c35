/**
 * `npm run sanitize`: builds the kernels in C with address and undefined-behaviour sanitizers, runs the tests of the
 * engine, and builds them normally again. Buffers are separated by forbidden bytes. It needs gcc on Linux.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import path from 'node:path';
import { readVerified } from './addons.ts';
import { buildNative } from './build.ts';

const TESTS = ['test/models/simd.test.ts', 'test/models/native.test.ts', 'test/models/vectors.test.ts'];
const root = path.join(import.meta.dirname, '../../..');
const compiler = process.env['CC'] ?? 'cc';
const libraries = ['libasan.so', 'libubsan.so'].map((name) =>
  execFileSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' }).trim(),
);
const environment = {
  LD_PRELOAD: libraries.join(' '),
  // V8 frees nothing at exit, handles segmentation faults of WebAssembly itself, and may clear the memory of a network.
  ASAN_OPTIONS: 'detect_leaks=0:handle_segv=0:allow_user_segv_handler=1:replace_intrin=0',
};

let status: number | null = 1;
try {
  const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-g', '-O1'];
  await buildNative({ flags: sanitizers, environment });
  if (Object.values(readVerified()).flat().length === 0) throw new Error('No kernel passed its check.');
  const ava = path.join(root, 'node_modules/ava/entrypoints/cli.js');
  const options = { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } } as const;
  ({ status } = spawnSync(process.execPath, [ava, '--timeout=20m', ...TESTS], options));
} finally {
  await buildNative();
}
process.exitCode = status ?? 1;
