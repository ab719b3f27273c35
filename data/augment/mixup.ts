/**
 * Mixup: a training image is a blend of two, and so is its label.
 *
 * `x = λ·x₁ + (1 − λ)·x₂`, `y = λ·y₁ + (1 − λ)·y₂` with λ ~ Beta(α, α). Source: Zhang et al. 2018, arXiv:1710.09412.
 */
import { power } from '../../numerics/elementary.ts';
import { createNoise, unit } from './noise.ts';

/**
 * λ is a multiple of 1 / SHARE_ONE, so that pixels and targets are blended by exactly the same number. A finer one would
 * change pixels, which are bytes, by half a step at most.
 */
export const SHARE_ONE = 256;
export const SMALLEST_ALPHA = 0.01;
export const LARGEST_ALPHA = 2;

/**
 * @param alpha α of the Beta distribution, 0.01 … 2
 * @param name of the noise
 * @returns a function of the epoch, giving a function from an image to its λ · SHARE_ONE
 */
export function createShares(
  alpha: number,
  seed: number,
  name = 'mixup',
): (epoch: number) => (image: number) => number {
  const words = new Int32Array(2);
  return (epoch) => {
    const noise = createNoise(seed, 'augment', name, epoch);
    return (image) => {
      // Jöhnk 1964: x / (x + y) of x = u^(1/α) and y = v^(1/α) is Beta(α, α), given that x + y ≤ 1. Both can be 0 by
      // underflow.
      for (let attempt = 0; ; attempt += 1) {
        noise(image, attempt, words);
        const x = power(unit(words[0]), 1 / alpha);
        const y = power(unit(words[1]), 1 / alpha);
        if (x + y > 0 && x + y <= 1) return Math.round((SHARE_ONE * x) / (x + y));
      }
    };
  };
}

/** pixels[at + k] ← λ · pixels[at + k] + (1 − λ) · pixels[partner + k] for `size` bytes, rounded. */
export function blend(pixels: Uint8Array, at: number, partner: number, size: number, share: number): void {
  const words = new DataView(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const other = SHARE_ONE - share;
  let k = 0;
  // Four bytes of a word as two pairs, each byte with room for its product above it: a third of the time.
  for (; k <= size - 4; k += 4) {
    const a = words.getInt32(at + k, true);
    const b = words.getInt32(partner + k, true);
    const even = Math.imul(a & PAIR, share) + Math.imul(b & PAIR, other) + HALVES;
    const odd = Math.imul((a >>> 8) & PAIR, share) + Math.imul((b >>> 8) & PAIR, other) + HALVES;
    words.setInt32(at + k, ((even >>> 8) & PAIR) | (odd & ~PAIR), true);
  }
  for (; k < size; k += 1) {
    pixels[at + k] = (share * pixels[at + k] + other * pixels[partner + k] + SHARE_ONE / 2) / SHARE_ONE;
  }
}
const PAIR = 0x00ff00ff;
const HALVES = 0x00800080;
