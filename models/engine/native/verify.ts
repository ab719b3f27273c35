/**
 * Runs every kernel in C and its WebAssembly twin on random memory. A kernel that differs in one bit anywhere, within
 * the buffers or outside, is not used. All NaNs count as equal.
 */
import { random } from '../../../numerics/random.ts';
import { type Build, compileKernels } from '../simd/load-kernels.ts';
import { type Vectors, vectorUpdates, wasmVectors } from '../vectors.ts';
import type { Addon } from './addons.ts';
import { groups } from './cases.ts';
import type { Call, Case, Region } from './cases/case.ts';

const PAGE_BYTES = 65_536;
const PAGES = 512;
const FIRST_FREE_BYTE = PAGE_BYTES;
const ALIGNMENT_BYTES = 64;
/** Bytes after the last buffer that no kernel may change. */
const MARGIN_BYTES = 4096;
export const CASES = 32;
/** Lengths of vectors: shorter than a register, longer than a block, odd, and even. */
const LENGTHS = [1, 2, 7, 64, 2049, 5000];

type Kernels = Readonly<Record<string, (...args: number[]) => unknown>>;

export interface Verification {
  /** Kernels with the bits of their twins. */
  readonly same: string[];
  /** Kernels with other bits, and those that are used together with them. */
  readonly different: string[];
}

/**
 * @param build the twins
 * @param cases random calls of each kernel
 */
export async function verify(addon: Addon, build: Build = 'kernels', cases: number = CASES): Promise<Verification> {
  const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
  const module = await compileKernels(build);
  const instance = await WebAssembly.instantiate(module, { env: { memory, abort: () => {} } });
  const [wasm, native] = [instance.exports as Kernels, addon.attach(memory.buffer).kernels];
  const words = new Uint32Array(memory.buffer);
  const [same, different]: string[][] = [[], []];
  for (const { kernels, make } of groups) {
    if (!kernels.every((name) => Object.hasOwn(native, name))) continue;
    const agree = Array.from({ length: cases }, (_, i) => i).every((i) => {
      const stream = random(1, 'native', kernels[0], i);
      let top = FIRST_FREE_BYTE;
      const allocate = (bytes: number): number => {
        const address = top;
        top += Math.ceil(bytes / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
        if (top + MARGIN_BYTES > memory.buffer.byteLength) throw new Error(`A case of ${kernels[0]} is too large.`);
        return address;
      };
      const one = make({ random: stream, allocate });
      // Every eighth case has infinities and NaN.
      fill(words.subarray(FIRST_FREE_BYTE / 4, (top + MARGIN_BYTES) / 4), stream.integer(2 ** 32), i % 8 === 7);
      return hasSameBits(words.subarray(0, (top + MARGIN_BYTES) / 4), one, wasm, native);
    });
    (agree ? same : different).push(...kernels);
  }
  const updates = Object.keys(vectorUpdates) as (keyof Vectors)[];
  for (const name of updates.filter((update) => Object.hasOwn(addon.vectors, update))) {
    (LENGTHS.every((length) => isSameUpdate(name, length, addon)) ? same : different).push(name);
  }
  return { same, different };
}

/** Compares three successive updates, so that the state is compared too. */
function isSameUpdate(name: keyof Vectors, length: number, addon: Addon): boolean {
  const isDouble = name === 'runningMean' || name === 'movingAverage';
  const make = () =>
    vectorUpdates[name].map((_, i) => {
      const words = new Uint32Array(length);
      fill(words, length + i, false);
      // Vectors of squares, or of divisors, are not negative.
      const values = Array.from(new Float32Array(words.buffer), (value) => (i >= 2 ? Math.abs(value) : value));
      return i === 0 && isDouble ? Float64Array.from(values) : Float32Array.from(values);
    });
  const [ours, theirs] = [make(), make()];
  const numbers = [0.9, 0.999, 0.01, 1.7, 1e-8];
  for (let i = 0; i < 3; i++) {
    (wasmVectors()[name] as (...parts: unknown[]) => void)(...ours, ...numbers);
    addon.vectors[name](...theirs, ...numbers);
  }
  return ours.every(({ buffer }, i) => Buffer.compare(new Uint8Array(buffer), new Uint8Array(theirs[i].buffer)) === 0);
}

function hasSameBits(words: Uint32Array, one: Case, wasm: Kernels, native: Kernels): boolean {
  const clear = (region: Region): void => {
    words.fill(0, region.address / 4, Math.ceil((region.address + region.bytes) / 4));
  };
  [...(one.scratch ?? []), ...(one.zeros ?? [])].forEach(clear);
  run(one.prepare ?? [], wasm);
  const before = words.slice();
  run(one.calls, wasm);
  one.scratch?.forEach(clear);
  const expected = words.slice();
  words.set(before);
  run(one.calls, native);
  one.scratch?.forEach(clear);
  return (
    Buffer.compare(bytesOf(words), bytesOf(expected)) === 0 || words.every((word, i) => isAlike(word, expected[i]))
  );
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Uint32Array): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

function run(calls: readonly Call[], kernels: Kernels): void {
  for (const [name, ...numbers] of calls) kernels[name](...numbers);
}

const isNaNWord = (word: number): boolean => (word & 0x7fffffff) > 0x7f800000;
const isAlike = (a: number, b: number): boolean => a === b || (isNaNWord(a) && isNaNWord(b));

const SPECIAL = Uint32Array.from([0, 0, 0x80000000, 0x3f800000, 0xbf800000, 0x3f000000]);
const WILD = Uint32Array.from([0x7f800000, 0xff800000, 0x7fc00000]);

/** Fills with floats in (−1, 1). One of eight is a repeated value and, if `isWild`, one of 64 is infinite or NaN. */
function fill(words: Uint32Array, seed: number, isWild: boolean): void {
  let state = seed;
  const next = (): number => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0);
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  for (let i = 0; i < words.length; i++) {
    const draw = next() >>> 8;
    if (isWild && draw % 64 === 9) words[i] = WILD[(draw >>> 6) % WILD.length];
    else if (draw % 8 === 1) words[i] = SPECIAL[(draw >>> 3) % SPECIAL.length];
    else floats[i] = draw / 2 ** 23 - 1;
  }
}
