/** The compiled kernels with types, on one linear memory with a bump allocator. It runs in Node and in browsers. */
import { UserError } from '../../../base/user-error.ts';
import type { Attached, Native } from '../native/addons.ts';

/** Byte offset into the linear memory. */
export type Address = number;

/** Floats in one SIMD register; channels are padded to whole quads. */
export const LANES = 4;
export const FLOAT_BYTES = 4;
/** Most images that a kernel in C processes together. Scratch memory has room for as many. */
export const IMAGES_AT_ONCE = 4;
export const quadsOf = (channels: number): number => Math.ceil(channels / LANES);

type Kernel = (...args: number[]) => void;

/** The functions of the same names in `kernels/`. */
export interface Kernels {
  spreadBytes: Kernel;
  lookUpBytes: Kernel;
  transformWeights: Kernel;
  transformWeightGradient: Kernel;
  convolve3x3: Kernel;
  convolve3x3Moments: Kernel;
  weightGradient3x3: Kernel;
  winogradInput: Kernel;
  winogradOutput: Kernel;
  winogradOutputGradient: Kernel;
  winogradWeights: Kernel;
  winogradWeightGradient: Kernel;
  winogradProducts: Kernel;
  winogradGradientProducts: Kernel;
  addPatchSums: Kernel;
  convolveNormReluPool: Kernel;
  convolveNormReluPoolForward: Kernel;
  maskPooledGradient: Kernel;
  winnersWeightGradient: Kernel;
  normReluPool: Kernel;
  maskGradient: Kernel;
  normPoolGradient: Kernel;
  scatterPatches: Kernel;
  channelMoments: Kernel;
  normalise: Kernel;
  normGradientSums: Kernel;
  normGradient: Kernel;
  layerNorm: Kernel;
  layerNormGradient: Kernel;
  maxPool: Kernel;
  maxPoolGradient: Kernel;
  averagePool: Kernel;
  averagePoolGradient: Kernel;
  relu: Kernel;
  reluGradient: Kernel;
  depthwise: Kernel;
  depthwiseInputGradient: Kernel;
  depthwiseWeightGradient: Kernel;
  multiplyMaps: Kernel;
  scaleChannels: Kernel;
  gateGradient: Kernel;
  activate: Kernel;
  activateGradient: Kernel;
  prelu: Kernel;
  preluGradient: Kernel;
  add: Kernel;
  copyRows: Kernel;
  dropout: Kernel;
  packPanels: Kernel;
  multiply: Kernel;
  multiplyPatches: Kernel;
  fillRows: Kernel;
  addRows: Kernel;
  softmax: Kernel;
  softmaxCrossEntropy: (...args: number[]) => number;
  softmaxCrossEntropySoft: (...args: number[]) => number;
}

const PAGE_BYTES = 65_536;
/** Largest memory that WebAssembly can address. */
export const LARGEST_MEMORY_BYTES = 65_536 * PAGE_BYTES;
/** The module's own tables (for exp and log) lie below this address. */
const FIRST_FREE_BYTE = PAGE_BYTES;
/** Size of a cache line. Buffers never share one. */
const ALIGNMENT_BYTES = 64;

export interface KernelSpace {
  readonly kernels: Kernels;
  /**
   * Allocates all buffers anew. `build` may allocate, but must not touch the memory, which grows when all sizes are
   * known. Every byte is zero afterwards. If it fails, the earlier layout stays.
   * @throws UserError when the buffers do not fit into 4 GiB or into this machine's memory
   */
  readonly layOut: <Layout>(build: () => Layout) => Layout;
  /** Allocates bytes. Must be called within `layOut`. */
  allocate(bytes: number): Address;
  floats(address: Address, count: number): Float32Array;
  doubles(address: Address, count: number): Float64Array;
  bytes(address: Address, count: number): Uint8Array;
}

/**
 * Creates a linear memory with kernels.
 * @param module the kernels in WebAssembly
 * @param native kernels in C that replace those of the same name
 */
export async function createSpaceOf(module: WebAssembly.Module, native: Native | null = null): Promise<KernelSpace> {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: LARGEST_MEMORY_BYTES / PAGE_BYTES });
  const abort = (): never => {
    throw new Error('A kernel aborted.');
  };
  const instance = await WebAssembly.instantiate(module, { env: { memory, abort } });
  const attached = native?.addon.attach(memory.buffer) ?? null;
  const guard = native?.addon.guard;
  let top = FIRST_FREE_BYTE;
  /** Bytes between the buffers. */
  let gaps: (readonly [first: number, bytes: number])[] = [];

  const grow = (end: number): void => {
    const remedy = 'Use a smaller batch or model.';
    const gibibytes = (end / 2 ** 30).toFixed(1);
    if (!(end <= LARGEST_MEMORY_BYTES)) {
      const limit = LARGEST_MEMORY_BYTES / 2 ** 30;
      throw new UserError(`The network needs ${gibibytes} GiB; WebAssembly can address ${limit} GiB. ${remedy}`);
    }
    const missing = end - memory.buffer.byteLength;
    try {
      if (missing > 0) memory.grow(Math.ceil(missing / PAGE_BYTES));
    } catch (cause) {
      throw new UserError(`The network needs ${gibibytes} GiB, more than this machine gives. ${remedy}`, { cause });
    }
    attached?.move(memory.buffer);
  };

  return {
    kernels: withNative(instance.exports, native, attached) as unknown as Kernels,
    layOut(build) {
      const used = top;
      top = FIRST_FREE_BYTE;
      gaps = [];
      try {
        const layout = build();
        const touched = memory.buffer.byteLength;
        grow(top);
        // New pages are zero already, and cost nothing until they are used.
        guard?.(memory.buffer, 0, memory.buffer.byteLength, false);
        new Uint8Array(memory.buffer).fill(0, FIRST_FREE_BYTE, touched);
        for (const [first, bytes] of gaps) guard?.(memory.buffer, first, bytes, true);
        return layout;
      } catch (error) {
        top = used;
        throw error;
      }
    },
    allocate(bytes) {
      // Kernels in C do not check bounds.
      if (!Number.isSafeInteger(bytes) || bytes < 0) throw new RangeError(`Expected a number of bytes, got ${bytes}.`);
      const address = top;
      top += Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
      if (guard) {
        top += ALIGNMENT_BYTES;
        gaps.push([address + bytes, top - address - bytes]);
      }
      return address;
    },
    floats: (address, count) => new Float32Array(memory.buffer, address, count),
    doubles: (address, count) => new Float64Array(memory.buffer, address, count),
    bytes: (address, count) => new Uint8Array(memory.buffer, address, count),
  };
}

/** Replaces kernels by those in C that exist and were verified. */
function withNative(exports: WebAssembly.Instance['exports'], native: Native | null, attached: Attached | null) {
  if (!native || !attached) return exports;
  return { ...exports, ...Object.fromEntries(native.kernels.map((kernel) => [kernel, attached.kernels[kernel]])) };
}

/** A space without memory, which only counts the size of the buffers. */
export function countingSpace(): { readonly space: KernelSpace; readonly allocated: () => number } {
  let bytes = 0;
  const unused = (): never => {
    throw new Error('Buffers are planned, not used.');
  };
  const allocate = (size: number): number => {
    bytes += size;
    return bytes - size;
  };
  // Creating a program calls no kernel.
  const space = { kernels: {} as Kernels, layOut: unused, allocate, floats: unused, doubles: unused, bytes: unused };
  return { space, allocated: () => bytes };
}
