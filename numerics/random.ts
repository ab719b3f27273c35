/** Named random streams. Every random decision of the program draws from one of them. */

import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { sha256 } from './sha256.ts';

export interface Random {
  /** Uniform in [0, 1), a multiple of 2⁻⁵³; 0 is possible. */
  float(): number;
  /** Uniform in 0 … n − 1 without bias. @throws RangeError unless n is an integer in 1 … 2³². */
  integer(n: number): number;
  /** Standard normal. It uses no `Math.log`, which may differ in the last bit between machines. */
  normal(): number;
  /** Shuffles in place by Fisher–Yates: every order is equally likely. */
  shuffle(array: { length: number; [index: number]: number }): void;
  /** The numbers 0 … n − 1 in random order. */
  permutation(n: number): Uint32Array<ArrayBuffer>;
}

/**
 * The stream of a seed and a name. It has the same numbers on every machine and in every worker, and is independent of
 * the streams of other names, so that a new consumer never changes the numbers of an old one. ('a', 'b'), ('ab') and
 * ('a', 'b', 0) are different names, and so are 1 and '1'.
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

  // An exponential number by comparisons of uniform ones: a descending run u > v > … has odd length with probability
  // e^−u, and each run of even length adds one to the result. Source: von Neumann 1951.
  const exponential = (): number => {
    for (let whole = 0; ; whole += 1) {
      const first = float();
      let odd = true;
      for (let last = first, next = float(); next < last; last = next, next = float()) odd = !odd;
      if (odd) return whole + first;
    }
  };

  // Rejection sampling: an exponential x is kept with probability exp(−(x − 1)² / 2), and then gets a random sign.
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

/** Uniform numbers in [0, 1) of a stream with any key. */
export function uniformStream(key: readonly (string | number | null)[]): () => number {
  const generator = generatorOf(key);
  return () => uniformFloat64(generator);
}

/** A generator whose whole state is 128 bits of the key's hash, so that streams of different keys are independent. */
function generatorOf(key: readonly (string | number | null)[]) {
  return xoroshiro128plusFromState(Array.from(sha256(JSON.stringify(key)).subarray(0, 4), littleEndian));
}

/** The word whose bytes have the opposite order. */
const littleEndian = (word: number): number =>
  (word >>> 24) | ((word >>> 8) & 0xff00) | ((word & 0xff00) << 8) | (word << 24);
