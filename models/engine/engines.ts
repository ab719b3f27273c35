/** The registry of engines: creates a network for the name of an engine. */
import { UserError } from '../../base/user-error.ts';
import { findNatives, nativeNames, noNative } from './native/addons.ts';
import { fastestKernels } from './native/choose.ts';
import type { Network } from './network.ts';
import type { Plan } from './plan.ts';
import type { KernelSet } from './simd/load-kernels.ts';
import { unknownName } from '../../base/own-value.ts';

/** Names that select the kernels of the simd engine. All give the bits of `simd`. */
const kernelSets = ['wasm', ...nativeNames] as const;

const isKernelSet = (name: string): name is (typeof kernelSets)[number] =>
  (kernelSets as readonly string[]).includes(name);

type EngineFactory = (plan: Plan, variant?: string) => Promise<Network>;

// Imported on demand, so that a worker with our kernels never loads tf.js.
const engines: Readonly<Record<string, EngineFactory>> = {
  simd: async (plan, variant) => createSimd(plan, await fastestKernels(variant === 'fast-math')),
  native: async (plan) => createSimd(plan, await fastestNative()),
  tfjs: async (plan, backend) => (await import('./tfjs.ts')).createTfjsNetwork(plan, backend),
};

const createSimd = async (plan: Plan, set: KernelSet): Promise<Network> =>
  (await import('./simd.ts')).createSimdNetwork(plan, set);

/** The fastest native kernels, even if WebAssembly is faster. @throws UserError if there are no native kernels */
async function fastestNative(): Promise<KernelSet> {
  const fastest = await fastestKernels();
  if (fastest !== 'wasm') return fastest;
  const native = findNatives().at(-1);
  if (!native) throw noNative('native');
  return native.name;
}

/**
 * A network that runs `plan`.
 * @param engine `simd` (the fastest available kernels), `wasm`, `native`, `native-256`, … (these kernels, with the same
 *   bits), `simd:fast-math`, `tfjs` (the best installed backend of tf.js) or `tfjs:<backend>`
 * @throws UserError for an unknown engine, or if the kernels or the backend are missing
 */
export async function createNetwork(plan: Plan, engine: string): Promise<Network> {
  if (isKernelSet(engine)) return createSimd(plan, engine);
  const [, name, backend] = /^(\w+)(?::([\w-]+))?$/.exec(engine) ?? [];
  const variants = { simd: ['fast-math'], native: [] as string[] }[name];
  const isVariant = variants === undefined || backend === undefined || variants.includes(backend);
  if (!Object.hasOwn(engines, name) || !isVariant) {
    const known = ['simd', 'wasm', 'native', ...nativeNames, 'simd:fast-math', 'tfjs', 'tfjs:<backend>'];
    throw new UserError(unknownName('engine', engine, known));
  }
  return engines[name](plan, backend);
}

/** One name for all engines that give the same bits, for digests of what decides a result. */
export const engineOfBits = (engine: string): string => (engine === 'native' || isKernelSet(engine) ? 'simd' : engine);

/** The kernels of an engine, as `Network.kernels`; undefined for engines without a choice. */
export async function kernelsOf(engine: string): Promise<string | undefined> {
  if (isKernelSet(engine)) return engine;
  if (engine === 'native') return fastestNative();
  if (engine === 'simd') return fastestKernels();
  return engine === 'simd:fast-math' ? fastestKernels(true) : undefined;
}
