/** Named random streams: every random decision of the program draws from one of these. */

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { sha256 } from './sha256.ts';

export interface Random {
  /** Uniform in [0, 1), a multiple of 2⁻⁵³; 0 is possible. */
  float(): number;
  /** Uniform in 0 … n − 1 without bias. @throws RangeError unless n is an integer in 1 … 2³². */
  integer(n: number): number;
  /** Standard normal. Made of comparisons alone, since `Math.log` may differ in its last bit between machines. */
  normal(): number;
  /** Fisher–Yates, in place: every order is equally likely. */
  shuffle(array: { length: number; [index: number]: number }): void;
  /** The numbers 0 … n − 1 in random order. */
  permutation(n: number): Uint32Array<ArrayBuffer>;
}

/**
 * The stream of this seed and name: the same numbers on every machine and in every worker, unrelated to the stream of
 * any other name, so that a new consumer never shifts the numbers of an old one. ('a', 'b'), ('ab') and ('a', 'b', 0)
 * are different names, and so are 1 and '1'.
 *
 * @param seed a non-negative safe integer.
 * @throws RangeError for another seed.
 * @example random(1, 'shuffle', 'fold 3', epoch).permutation(33_600)
 */
export function random(seed: number, ...name: (string | number)[]): Random {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new RangeError(`Expected \`seed\` to be an integer in 0 … 2⁵³ − 1, got ${seed}.`);
  }
  const generator = generatorOf([seed, ...name]);

  const float = (): number => uniformFloat64(generator);

  const integer = (n: number): number => {
    if (!Number.isInteger(n) || n < 1 || n > 2 ** 32) {
      throw new RangeError(`Expected \`n\` to be an integer in 1 … 2³², got ${n}.`);
    }
    return uniformInt(generator, 0, n - 1);
  };

  // The exponential distribution by comparing uniform numbers: a falling run u > v > … has odd length with
  // probability e^−u; each run of even length moves the result up by one. Source: von Neumann 1951.
  const exponential = (): number => {
    for (let whole = 0; ; whole += 1) {
      const first = float();
      let odd = true;
      for (let last = first, next = float(); next < last; last = next, next = float()) odd = !odd;
      if (odd) return whole + first;
    }
  };

  // Rejection under e^(1/2 − x): an exponential x is kept with probability exp(−(x − 1)² / 2), then gets a sign.
  const normal = (): number => {
    for (;;) {
      const x = exponential();
      if (2 * exponential() >= (x - 1) * (x - 1)) return float() < 0.5 ? x : -x;
    }
  };

  const shuffle = (array: { length: number; [index: number]: number }): void => {
    for (let i = array.length - 1; i > 0; i -= 1) {
      const j = uniformInt(generator, 0, i);
      const swapped = array[i];
      array[i] = array[j];
      array[j] = swapped;
    }
  };

  const permutation = (n: number): Uint32Array<ArrayBuffer> => {
    const order = new Uint32Array(n).map((_, index) => index);
    shuffle(order);
    return order;
  };

  return { float, integer, normal, shuffle, permutation };
}

/** The plain numbers of a stream, in [0, 1), under a key that need not begin with a seed from 0 on. */
export function uniformStream(key: readonly (string | number | null)[]): () => number {
  const generator = generatorOf(key);
  return () => uniformFloat64(generator);
}

/** The hash, not the generator, keeps the streams apart: 128 of its bits are the generator's whole state. */
function generatorOf(key: readonly (string | number | null)[]) {
  return xoroshiro128plusFromState(Array.from(sha256(JSON.stringify(key)).subarray(0, 4), littleEndian));
}

/** The word whose bytes have the opposite order. */
const littleEndian = (word: number): number =>
  (word >>> 24) | ((word >>> 8) & 0xff00) | ((word & 0xff00) << 8) | (word << 24);
