/**
 * The random bits of dropout: a hash of (seed, layer, element) instead of a generator with a state, so that any image
 * can be computed alone, forward and backward, and every engine gets the same mask.
 *
 *   key = mix(mix(seed) + stream)   bits(element) = mix(mix(element + key) ^ key)   dropped when bits < rate · 2³²
 *
 * in 32-bit arithmetic; `mix` is the finalizer of MurmurHash3. Source: Appleby 2011, MurmurHash3 (public domain).
 * Inverted dropout: Srivastava et al. 2014, JMLR 15.
 */
import type { NodeOf } from './plan.ts';

/** Parameters of one dropout in one step. */
export interface DropoutMask {
  readonly key: number;
  /** Elements whose bits are below this are dropped. */
  readonly threshold: number;
  /** Factor of the kept elements. */
  readonly scale: number;
}

/** The mask of evaluation, which drops nothing. */
export const keepAll: DropoutMask = { key: 0, threshold: 0, scale: 1 };

export function dropoutMask({ rate, stream }: NodeOf<'dropout'>, seed: number): DropoutMask {
  const key = mix((mix(seed) + stream) >>> 0);
  return { key, threshold: Math.min(Math.round(rate * 2 ** 32), 2 ** 32 - 1), scale: 1 / (1 - rate) };
}

/**
 * Factors of the elements 0 … count − 1 of a batch, counted through all its images, NHWC.
 * @returns f32[count] of 0 and 1 / (1 − rate)
 */
export function dropoutFactors({ key, threshold, scale }: DropoutMask, count: number): Float32Array {
  return new Float32Array(count).map((_, element) =>
    mix((mix((element + key) >>> 0) ^ key) >>> 0) < threshold ? 0 : scale,
  );
}

function mix(bits: number): number {
  let h = bits;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
