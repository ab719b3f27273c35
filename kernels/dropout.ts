/**
 * Inverted dropout. The mask is a hash of the element's index in the batch, so nothing is stored for the backward pass,
 * which applies the same function to the gradient.
 *
 *   key, threshold, scale   from models/engine/dropout.ts; bits = mix(mix(element + key) ^ key)
 *   input, output           [pixels][quads][4], dense, may be the same
 *
 * Elements are counted NHWC without padding channels, from `firstElement`.
 */
import { QUAD } from './simd';

/** output ← bits < threshold ? 0 : input · scale. */
export function dropout(
  input: usize, output: usize, pixels: i32, channels: i32, quads: i32,
  firstElement: u32, key: u32, threshold: u32, scale: f32,
): void {
  const keys = i32x4.splat(key);
  const thresholds = i32x4.splat(threshold);
  const scales = f32x4.splat(scale);
  const four = i32x4.splat(4);
  let start = firstElement + key;
  for (let i = 0; i < pixels; i++) {
    let element = i32x4.add(i32x4.splat(start), i32x4(0, 1, 2, 3));
    for (let q = 0; q < quads; q++) {
      const bits = mix(v128.xor(mix(element), keys));
      const kept = i32x4.ge_u(bits, thresholds);
      v128.store(output, v128.and(f32x4.mul(v128.load(input), scales), kept));
      element = i32x4.add(element, four);
      input += QUAD;
      output += QUAD;
    }
    start += channels;
  }
}

/** The finalizer of MurmurHash3 in every lane. Source: Appleby 2011 (public domain). */
@inline
function mix(bits: v128): v128 {
  let h = v128.xor(bits, i32x4.shr_u(bits, 16));
  h = i32x4.mul(h, i32x4.splat(0x85ebca6b));
  h = v128.xor(h, i32x4.shr_u(h, 13));
  h = i32x4.mul(h, i32x4.splat(0xc2b2ae35));
  return v128.xor(h, i32x4.shr_u(h, 16));
}
