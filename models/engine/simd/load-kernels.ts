/** Loads the built kernels: WebAssembly, and C if there are any. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../../base/user-error.ts';
import { type AddonName, buildDirectory, expectNative, findNatives, isFusedName } from '../native/addons.ts';
import { createSpaceOf, type KernelSpace } from './kernels.ts';

/** `kernels` give the same bits everywhere. `kernels-relaxed` fuse multiply-adds if the machine can. */
export type Build = 'kernels' | 'kernels-relaxed';
/**
 * A set of kernels: WebAssembly, WebAssembly with fused multiply-adds, or one of them in which verified kernels in C
 * replace those of the same name.
 */
export type KernelSet = 'wasm' | 'wasm-relaxed' | AddonName;

/** Whether the kernels fuse multiply-adds, which changes the bits. */
export const isFusedSet = (set: KernelSet): boolean => set === 'wasm-relaxed' || isFusedName(set);

/** The build in WebAssembly of which the set is, or whose bits it has. */
export const buildOf = (set: KernelSet): Build => (isFusedSet(set) ? 'kernels-relaxed' : 'kernels');

/** The sets that run here: those that fuse multiply-adds if `isFused`, else the others. WebAssembly comes first. */
export const setsHere = (isFused = false): KernelSet[] => [
  isFused ? 'wasm-relaxed' : 'wasm',
  ...findNatives(isFused).map(({ name }) => name),
];

const compiled = new Map<Build, Promise<WebAssembly.Module>>();

/** The bytes of the module. @throws UserError when it is not built */
export async function readKernels(name: Build): Promise<Buffer<ArrayBuffer>> {
  try {
    return await readFile(path.join(buildDirectory, `${name}.wasm`));
  } catch (cause) {
    throw new UserError(`The compiled kernels (build/${name}.wasm) are missing. Run \`npm run build\`.`, { cause });
  }
}

const compileModule = async (name: Build): Promise<WebAssembly.Module> => WebAssembly.compile(await readKernels(name));

/** @throws UserError when the WebAssembly module is not built */
export function compileKernels(name: Build): Promise<WebAssembly.Module> {
  if (!compiled.has(name)) compiled.set(name, compileModule(name));
  return compiled.get(name)!;
}

/**
 * Creates a linear memory with kernels.
 * @throws UserError when they are not built, or the processor cannot run them
 */
export async function createKernelSpace(set: KernelSet = 'wasm'): Promise<KernelSpace> {
  const isWebAssembly = set === 'wasm' || set === 'wasm-relaxed';
  const native = isWebAssembly ? null : expectNative(set);
  return createSpaceOf(await compileKernels(buildOf(set)), native);
}
