/**
 * Random numbers by their place: a function from (key, image, index) to two words, without a state to carry along.
 *
 * An image's numbers therefore do not depend on which images came before it, on which worker, or in which batch.
 * `random()` hashes a name for every stream, which costs as much as augmenting a whole image; here the name is hashed
 * once an epoch, into the key.
 */
import { random } from '../../numerics/random.ts';

/** Writes two uniform words, −2³¹ ≤ word < 2³¹, into `words`. */
export type Noise = (image: number, index: number, words: Int32Array) => void;

const ROUNDS_PER_KEY = 4;
const KEYS = 5;
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24];
const PARITY = 0x1bd11bda;

/** The noise of this seed and name. */
export function createNoise(seed: number, ...name: (string | number)[]): Noise {
  const stream = random(seed, ...name);
  return threefry(stream.integer(2 ** 32), stream.integer(2 ** 32));
}

/**
 * Threefry-2×32 with 20 rounds, a block cipher of additions, rotations and exclusive ors: two words of key, two words
 * of counter, two words out. Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3".
 */
export function threefry(key0: number, key1: number): Noise {
  const keys = Int32Array.of(key0, key1, key0 ^ key1 ^ PARITY);
  return (counter0, counter1, words) => {
    let a = (counter0 + keys[0]) | 0;
    let b = (counter1 + keys[1]) | 0;
    for (let key = 0; key < KEYS; key += 1) {
      for (let round = 0; round < ROUNDS_PER_KEY; round += 1) {
        const by = ROTATIONS[(key & 1) * ROUNDS_PER_KEY + round];
        a = (a + b) | 0;
        b = ((b << by) | (b >>> (32 - by))) ^ a;
      }
      a = (a + keys[(key + 1) % 3]) | 0;
      b = (b + keys[(key + 2) % 3] + key + 1) | 0;
    }
    words[0] = a;
    words[1] = b;
  };
}

/** A word as a number in (−1, 1), symmetric about 0. */
export const symmetric = (word: number): number => (word + 0.5) / 2 ** 31;

/** A word as a number in (0, 1). */
export const unit = (word: number): number => (word + 2 ** 31 + 0.5) / 2 ** 32;
