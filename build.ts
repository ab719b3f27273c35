/**
 * `npm run build` (also run by `npm ci`): kernels to WebAssembly and, where there is a compiler, to native code; then the
 * registered models to plans, and the dashboard's page.
 */
import { mkdir, rename } from 'node:fs/promises';
import { createMemoryStream, main as compileAssemblyScript } from 'assemblyscript/asc';
import { buildDashboard } from './dashboard/build.ts';
import { buildNative } from './models/engine/native/build.ts';
import { buildPlans } from './models/engine/plans.ts';

async function buildKernels(name: string, source: string, features: string[] = []): Promise<void> {
  const target = `build/${name}.wasm`;
  const unfinished = `${target}.${process.pid}`;
  const output = ['--outFile', unfinished, '-O3', '--noAssert'];
  const base = ['--runtime', 'stub', '--importMemory', '--enable', 'simd'];
  const stderr = createMemoryStream();
  const { error } = await compileAssemblyScript([source, ...output, ...base, ...features], { stderr });
  if (error) throw new Error(`The kernels do not compile.\n${stderr.toString()}`, { cause: error });
  await rename(unfinished, target);
}

process.chdir(import.meta.dirname);
await mkdir('build', { recursive: true });
await buildKernels('kernels', 'kernels/index.ts');
await buildKernels('kernels-relaxed', 'kernels/index.ts', ['--enable', 'relaxed-simd']);
await buildKernels('vectors', 'kernels/vectors.ts');
await buildNative();
await buildPlans();
await buildDashboard();
