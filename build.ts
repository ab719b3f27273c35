/**
 * `npm run build` (also run by `npm ci`): kernels to WebAssembly and, where there is a compiler, to native code; then the
 * registered models to plans, the dashboard's page, and the command line to a bundle. With the argument `package` (run by
 * `npm pack`) also the program to JavaScript with types in `dist/`, beside all of these: nothing is compiled where the
 * package is installed.
 */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createMemoryStream, main as compileAssemblyScript } from 'assemblyscript/asc';
import { buildProgram } from './cli/build.ts';
import { buildDashboard, buildExportedPage } from './dashboard/build.ts';
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
if (process.env['CC'] === 'none') await rm('build/native.json', { force: true });
for (const problem of (await buildNative()).problems) process.stderr.write(`${problem}\n`);
await buildPlans();
await buildDashboard();
await buildExportedPage();
await buildProgram();
if (process.argv[2] === 'package') await buildPackage('dist');

async function buildPackage(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc');
  execFileSync(process.execPath, [compiler, '-p', 'tsconfig.package.json', '--outDir', folder], { stdio: 'inherit' });
  for (const part of [
    'kernels.wasm',
    'kernels-relaxed.wasm',
    'vectors.wasm',
    'dashboard',
    'exported-page.js',
    'exported-page.css',
  ]) {
    await cp(join('build', part), join(folder, 'build', part), { recursive: true });
  }
  await cp('recipes', join(folder, 'recipes'), { recursive: true });
  // Where the package is installed the command `kernels` compiles them.
  await cp('kernels/native', join(folder, 'kernels/native'), { recursive: true });
  // A plan is kept under a digest of the modules that make it, which here are JavaScript.
  const plans = join(import.meta.dirname, folder, 'models/engine/plans.js');
  const { buildPlans: buildPackagePlans }: { buildPlans: typeof buildPlans } = await import(plans);
  await buildPackagePlans();
}
