/**
 * Common functions of the kernels. A v128 holds four neighbouring f32 lanes.
 *
 * All addresses are byte offsets into the one linear memory. B images, H height, W width, C channels; a "quad" is four
 * channels in one v128. Feature maps are NHWC with channels padded to whole quads.
 */

export const FLOAT: usize = 4;
export const QUAD: usize = 16;

/**
 * acc + x·w in every lane, rounded twice, so that every machine gets the same bits. In the relaxed build
 * (`--fast-math`) it is fused if the machine can.
 */
@inline
export function madd(acc: v128, x: v128, w: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f32x4.relaxed_madd(x, w, acc);
  return f32x4.add(acc, f32x4.mul(x, w));
}

/** The float at `address` in all four lanes. */
@inline
export function splat(address: usize): v128 {
  return v128.load_splat<f32>(address);
}

@inline
export function zero(): v128 {
  return f32x4.splat(0);
}

/** Adds four f32 lanes to four f64 at `address`: sums over a batch need double precision (f32 loses 1e-4 to 1e-3). */
@inline
export function addToDoubles(address: usize, v: v128): void {
  v128.store(address, f64x2.add(v128.load(address), f64x2.promote_low_f32x4(v)));
  const high = i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
  v128.store(address, f64x2.add(v128.load(address, 16), f64x2.promote_low_f32x4(high)), 16);
}
