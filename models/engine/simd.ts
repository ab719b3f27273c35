/** The default engine: SIMD kernels in WebAssembly or C, one thread, the same bits on every machine. */
import type { Network } from './network.ts';
import type { Plan } from './plan.ts';
import { createKernelSpace, isFusedSet, type KernelSet } from './simd/load-kernels.ts';
import { networkOn } from './simd/network.ts';

/**
 * @param set the kernels. All that do not fuse multiply-adds give the same bits. Default: `wasm`
 * @throws UserError when the kernels are not built, or the network does not fit into the address space
 */
export const createSimdNetwork = async (plan: Plan, set: KernelSet = 'wasm'): Promise<Network> =>
  networkOn(await createKernelSpace(set), plan, {
    engine: isFusedSet(set) ? 'simd:fast-math' : 'simd',
    kernels: set,
  });
