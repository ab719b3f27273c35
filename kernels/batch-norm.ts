/**
 * Batch norm over whole feature maps, optionally with ReLU, and its backward pass.
 *
 *   x         [pixels][quads][4]   of all images, dense
 *   output    [B][H][W][quads][4]  scale · x + shift, perhaps max(·, 0); rows `outputRow`, images `outputImage` bytes
 * apart gradient  [pixels][quads][4]   dense, of the output dX        [B][H][W][quads][4]  of x; rows `dXRow`, images
 * `dXImage` bytes apart; may be `gradient` scales    [quad][scale ×4, shift ×4, B ×4, C ×4]   f32 sums      [quad][4 +
 * 4]        f64
 *
 * All sums are in double precision, since the variance of a channel that hardly varies is a small difference of large
 * numbers.
 */
import { QUAD, madd, zero } from './simd';

const COEFFICIENTS: usize = 4 * QUAD;
const SUMS: usize = 64;

/** Adds Σ x and Σ x² of every channel to `sums`. */
export function channelMoments(x: usize, pixels: i32, quads: i32, sums: usize): void {
  const pixel: usize = <usize>quads * QUAD;
  for (let q = 0; q < quads; q++) {
    let s0 = v128.load(sums), s1 = v128.load(sums, 16), p0 = v128.load(sums, 32), p1 = v128.load(sums, 48);
    let from = x + <usize>q * QUAD;
    for (let i = 0; i < pixels; i++) {
      const v = v128.load(from);
      const low = f64x2.promote_low_f32x4(v), high = f64x2.promote_low_f32x4(upper(v));
      s0 = f64x2.add(s0, low);
      s1 = f64x2.add(s1, high);
      p0 = f64x2.add(p0, f64x2.mul(low, low));
      p1 = f64x2.add(p1, f64x2.mul(high, high));
      from += pixel;
    }
    v128.store(sums, s0);
    v128.store(sums, s1, 16);
    v128.store(sums, p0, 32);
    v128.store(sums, p1, 48);
    sums += SUMS;
  }
}

/** output ← scale · x + shift, cut at 0 if `rectify`. */
export function normalise(
  x: usize, output: usize, outputRow: usize, outputImage: usize,
  height: i32, width: i32, quads: i32, images: i32, scales: usize, rectify: bool,
): void {
  const pixel: usize = <usize>quads * QUAD;
  const row: usize = <usize>width * pixel;
  for (let n = 0; n < images; n++) {
    let to = output;
    for (let y = 0; y < height; y++) {
      for (let q = 0; q < quads; q++) {
        const k = scales + <usize>q * COEFFICIENTS;
        const scale = v128.load(k), shift = v128.load(k, 16);
        const end = x + row;
        let out = to + <usize>q * QUAD;
        for (let p = x + <usize>q * QUAD; p < end; p += pixel) {
          const v = madd(shift, v128.load(p), scale);
          // pmax(v, 0) keeps a NaN in v; pmax(0, v) would hide it.
          v128.store(out, rectify ? f32x4.pmax(v, zero()) : v);
          out += pixel;
        }
      }
      x += row;
      to += outputRow;
    }
    output += outputImage;
  }
}

/** Adds Σ gradient and Σ gradient · x to `sums`. If `rectify`, only where the output of the ReLU is positive. */
export function normGradientSums(
  x: usize, gradient: usize, pixels: i32, quads: i32, scales: usize, sums: usize, rectify: bool,
): void {
  const pixel: usize = <usize>quads * QUAD;
  for (let q = 0; q < quads; q++) {
    const scale = v128.load(scales), shift = v128.load(scales, 16);
    let s0 = v128.load(sums), s1 = v128.load(sums, 16), p0 = v128.load(sums, 32), p1 = v128.load(sums, 48);
    let from = x + <usize>q * QUAD, g = gradient + <usize>q * QUAD;
    for (let i = 0; i < pixels; i++) {
      const v = v128.load(from);
      let slope = v128.load(g);
      if (rectify) slope = v128.and(slope, f32x4.gt(madd(shift, v, scale), zero()));
      const low = f64x2.promote_low_f32x4(slope), high = f64x2.promote_low_f32x4(upper(slope));
      s0 = f64x2.add(s0, low);
      s1 = f64x2.add(s1, high);
      p0 = f64x2.add(p0, f64x2.mul(low, f64x2.promote_low_f32x4(v)));
      p1 = f64x2.add(p1, f64x2.mul(high, f64x2.promote_low_f32x4(upper(v))));
      from += pixel;
      g += pixel;
    }
    v128.store(sums, s0);
    v128.store(sums, s1, 16);
    v128.store(sums, p0, 32);
    v128.store(sums, p1, 48);
    scales += COEFFICIENTS;
    sums += SUMS;
  }
}

/**
 * dX ← scale · gradient + B · x + C. The terms come from the value, the variance and the mean of the batch. If
 * `rectify`, the gradient counts as 0 where the output of the ReLU is 0.
 */
export function normGradient(
  x: usize, gradient: usize, dX: usize, dXRow: usize, dXImage: usize,
  height: i32, width: i32, quads: i32, images: i32, scales: usize, rectify: bool,
): void {
  const pixel: usize = <usize>quads * QUAD;
  const row: usize = <usize>width * pixel;
  for (let n = 0; n < images; n++) {
    let to = dX;
    for (let y = 0; y < height; y++) {
      for (let q = 0; q < quads; q++) {
        const at = <usize>q * QUAD;
        const k = scales + <usize>q * COEFFICIENTS;
        const scale = v128.load(k), shift = v128.load(k, 16), slope = v128.load(k, 32), offset = v128.load(k, 48);
        const end = x + row;
        let g = gradient + at, out = to + at;
        for (let p = x + at; p < end; p += pixel) {
          const v = v128.load(p);
          let value = v128.load(g);
          if (rectify) value = v128.and(value, f32x4.gt(madd(shift, v, scale), zero()));
          v128.store(out, madd(madd(offset, v, slope), value, scale));
          g += pixel;
          out += pixel;
        }
      }
      x += row;
      gradient += row;
      to += dXRow;
    }
    dX += dXImage;
  }
}

/** Moves the upper two lanes to the lower two. */
@inline
function upper(v: v128): v128 {
  return i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
}
