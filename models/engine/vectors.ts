/**
 * Element-wise updates of long vectors for optimizers and averages. They compute in float64 and round when storing.
 * WebAssembly works on blocks that are copied in and out, and C works in place. The bits are the same.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { UserError } from '../../base/user-error.ts';
import { buildDirectory, expectNative, isAddonName } from './native/addons.ts';

type Floats = Float32Array;
type Doubles = Float64Array;

/** All vectors of a call have the same length. The first one and the state after the gradient are updated in place. */
export interface Vectors {
  /** w ← w − ηg */
  sgd(w: Floats, g: Floats, learningRate: number): void;
  /** h ← αh + g,  w ← w − ηh */
  momentum(w: Floats, g: Floats, h: Floats, alpha: number, learningRate: number): void;
  /** h ← αh + ηg,  w ← w − h */
  heavyBall(w: Floats, g: Floats, h: Floats, alpha: number, learningRate: number): void;
  /** h ← αh + g,  w ← w − η(g + αh) */
  nesterov(w: Floats, g: Floats, h: Floats, alpha: number, learningRate: number): void;
  /** G ← G + g²,  w ← w − ηg / √(G + ε) */
  adagrad(w: Floats, g: Floats, G: Floats, learningRate: number, epsilon: number): void;
  /** G ← αG + (1 − α)g²,  w ← w − ηg / √(G + ε) */
  rmsprop(w: Floats, g: Floats, G: Floats, alpha: number, learningRate: number, epsilon: number): void;
  /** h ← β₁h + (1 − β₁)g,  G ← β₂G + (1 − β₂)g²,  w ← w − ηh / (√(sG) + ε), with s = `squareScale` */
  adam(
    w: Floats, g: Floats, h: Floats, G: Floats,
    beta1: number, beta2: number, learningRate: number, squareScale: number, epsilon: number,
  ): void; // prettier-ignore
  /** w ← w − λw */
  decay(w: Floats, lambda: number): void;
  /** g ← g + λw */
  addScaled(g: Floats, w: Floats, lambda: number): void;
  /** a ← (an + w) / (n + 1) */
  runningMean(a: Doubles, w: Floats, n: number): void;
  /** a ← da + (1 − d)w */
  movingAverage(a: Doubles, w: Floats, d: number): void;
}

/** For each update its vectors, and whether it writes them. */
export const vectorUpdates: Readonly<Record<keyof Vectors, readonly ('written' | 'read')[]>> = {
  sgd: ['written', 'read'],
  momentum: ['written', 'read', 'written'],
  heavyBall: ['written', 'read', 'written'],
  nesterov: ['written', 'read', 'written'],
  adagrad: ['written', 'read', 'written'],
  rmsprop: ['written', 'read', 'written'],
  adam: ['written', 'read', 'written', 'written'],
  decay: ['written'],
  addScaled: ['written', 'read'],
  runningMean: ['written', 'read'],
  movingAverage: ['written', 'read'],
};

const PAGE_BYTES = 65_536;
/** Elements of a block. Blocks of four vectors fit into the first-level cache. */
const BLOCK = 2048;
const BLOCK_BYTES = BLOCK * Float64Array.BYTES_PER_ELEMENT;
const MOST_VECTORS = 4;
/** The module's own data lie below this address. */
const FIRST_FREE_BYTE = 1024;

let inWebAssembly: Vectors | null = null;

/** @throws UserError when they are not built */
export function wasmVectors(): Vectors {
  return (inWebAssembly ??= createWasmVectors());
}

/** The updates that match an engine's kernels; those in WebAssembly for engines without. */
export const vectorsOf = (kernels: string | undefined): Vectors =>
  kernels !== undefined && isAddonName(kernels) ? nativeVectors(kernels) : wasmVectors();

function nativeVectors(name: Parameters<typeof expectNative>[0]): Vectors {
  const { addon, kernels } = expectNative(name);
  const verified = Object.entries(addon.vectors).filter(([update]) => kernels.includes(update));
  return { ...wasmVectors(), ...Object.fromEntries(verified) };
}

function createWasmVectors(): Vectors {
  const memory = new WebAssembly.Memory({ initial: 1 + Math.ceil((MOST_VECTORS * BLOCK_BYTES) / PAGE_BYTES) });
  const instance = new WebAssembly.Instance(compile(), { env: { memory, abort: () => {} } });
  const addresses = Array.from({ length: MOST_VECTORS }, (_, i) => FIRST_FREE_BYTE + i * BLOCK_BYTES);
  const floats = addresses.map((address) => new Float32Array(memory.buffer, address, BLOCK));
  const doubles = addresses.map((address) => new Float64Array(memory.buffer, address, BLOCK));

  /** Copies a block of each vector in, updates it, and copies what was written out. */
  const staged = (name: keyof Vectors) => {
    const uses = vectorUpdates[name];
    const update = instance.exports[name] as (...numbers: number[]) => void;
    const at = addresses.slice(0, uses.length);
    return (...parts: (Floats | Doubles | number)[]): void => {
      const vectors = parts.slice(0, uses.length) as (Floats | Doubles)[];
      const numbers = parts.slice(uses.length) as number[];
      const { length } = vectors[0];
      const isDouble = name === 'runningMean' || name === 'movingAverage';
      if (vectors.some((vector) => vector.length !== length)) throw new TypeError('Expected vectors of one length.');
      if (vectors[0] instanceof Float64Array !== isDouble)
        throw new TypeError('Expected vectors of the other element type (float32 or float64).');
      const blocks = [isDouble ? doubles[0] : floats[0], floats[1], floats[2], floats[3]];
      for (let first = 0; first < length; first += BLOCK) {
        const end = Math.min(first + BLOCK, length);
        for (let i = 0; i < vectors.length; i++) blocks[i].set(vectors[i].subarray(first, end));
        // The kernels work on pairs. For an odd number one more element is updated, and dropped.
        update(...at, end - first + ((end - first) % 2), ...numbers);
        for (let i = 0; i < vectors.length; i++) {
          if (uses[i] === 'written') vectors[i].set(blocks[i].subarray(0, end - first), first);
        }
      }
    };
  };
  const names = Object.keys(vectorUpdates) as (keyof Vectors)[];
  return Object.fromEntries(names.map((name) => [name, staged(name)])) as unknown as Vectors;
}

function compile(): WebAssembly.Module {
  let bytes: Buffer<ArrayBuffer>;
  try {
    bytes = readFileSync(path.join(buildDirectory, 'vectors.wasm'));
  } catch (cause) {
    throw new UserError('The compiled kernels (build/vectors.wasm) are missing. Run `npm run build`.', { cause });
  }
  return new WebAssembly.Module(bytes);
}
