/** The default engine: SIMD kernels in WebAssembly or C, one thread, the same bits on every machine. */
import type { Network } from './network.ts';
import type { Plan } from './plan.ts';
import { createKernelSpace, type KernelSet } from './simd/load-kernels.ts';
import { networkOn } from './simd/network.ts';

/**
 * @param set the kernels. All but `wasm-relaxed` give the same bits. Default: `wasm`
 * @throws UserError when the kernels are not built, or the network does not fit into the address space
 */
export const createSimdNetwork = async (plan: Plan, set: KernelSet = 'wasm'): Promise<Network> =>
  networkOn(await createKernelSpace(set), plan, {
    engine: set === 'wasm-relaxed' ? 'simd:fast-math' : 'simd',
    kernels: set,
  });
