/**
 * Batch norm, ReLU and 2×2 max pooling in one pass, and their backward pass.
 *
 *   y       [B][2H][2W][quads][4]   convolution output, dense
 *   peak    [B][H][W][quads][4]     the y that won its window, dense
 *   output  [B][H][W][quads][4]     relu(scale · peak + shift), rows `outputRow`, images `outputImage` bytes apart
 *   scales  [quad][scale ×4, shift ×4, B ×4, C ×4]   f32
 *
 * Batch norm is affine per channel, so the winner of a window is its largest y where scale > 0, its smallest where
 * scale < 0, and its first where scale = 0 (all are equal after the norm). Keeping the winner's y, not its
 * normalised value, gives the sums of the backward pass without a division by gamma.
 */
import { QUAD, addToDoubles, madd, zero } from './simd';

const COEFFICIENTS: usize = 4 * QUAD;

export function normReluPool(
  y: usize,
  peak: usize,
  output: usize,
  outputRow: usize,
  outputImage: usize,
  height: i32,
  width: i32,
  quads: i32,
  images: i32,
  scales: usize,
): void {
  const pixel: usize = <usize>quads * QUAD;
  const row: usize = 2 * <usize>width * pixel;
  for (let n = 0; n < images; n++) {
    for (let q = 0; q < quads; q++) {
      const at = <usize>q * QUAD;
      const scale = v128.load(scales + <usize>q * COEFFICIENTS),
        shift = v128.load(scales + <usize>q * COEFFICIENTS, 16);
      const falling = f32x4.lt(scale, zero()),
        flat = f32x4.eq(scale, zero());
      let y0 = y + at,
        best = peak + at,
        outRow = output + at;
      for (let r = 0; r < height; r++) {
        let y1 = y0 + row,
          to = outRow;
        for (let c = 0; c < width; c++) {
          const v00 = v128.load(y0),
            v10 = v128.load(y1);
          y0 += pixel;
          y1 += pixel;
          const v01 = v128.load(y0),
            v11 = v128.load(y1);
          y0 += pixel;
          y1 += pixel;
          const high = f32x4.pmax(f32x4.pmax(v00, v01), f32x4.pmax(v10, v11));
          const low = f32x4.pmin(f32x4.pmin(v00, v01), f32x4.pmin(v10, v11));
          const winner = v128.bitselect(v00, v128.bitselect(low, high, falling), flat);
          v128.store(best, winner);
          best += pixel;
          // pmax(a, 0) keeps a NaN in a; pmax(0, a) would hide it.
          v128.store(to, f32x4.pmax(madd(shift, winner, scale), zero()));
          to += pixel;
        }
        y0 += row;
        outRow += outputRow;
      }
    }
    y += row * 2 * <usize>height;
    peak += pixel * <usize>width * <usize>height;
    output += outputImage;
  }
}

/**
 * ReLU's part of the backward pass: zeroes `gradient` (dense, like peak) where the output is 0, and adds Σ gradient and
 * Σ gradient · peak of every channel to `sums`: f64 [quad][4 + 4].
 */
export function maskGradient(
  peak: usize,
  gradient: usize,
  pixels: i32,
  quads: i32,
  images: i32,
  scales: usize,
  sums: usize,
): void {
  const pixel: usize = <usize>quads * QUAD;
  const image: usize = pixel * <usize>pixels;
  for (let n = 0; n < images; n++) {
    for (let q = 0; q < quads; q++) {
      const at = <usize>q * QUAD;
      const scale = v128.load(scales + <usize>q * COEFFICIENTS),
        shift = v128.load(scales + <usize>q * COEFFICIENTS, 16);
      let sum = zero(),
        product = zero();
      let y = peak + at,
        g = gradient + at;
      const end = g + image;
      while (g < end) {
        const v = v128.load(y);
        const on = f32x4.gt(madd(shift, v, scale), zero());
        const masked = v128.and(v128.load(g), on);
        v128.store(g, masked);
        sum = f32x4.add(sum, masked);
        product = madd(product, masked, v);
        y += pixel;
        g += pixel;
      }
      addToDoubles(sums + <usize>q * 64, sum);
      addToDoubles(sums + <usize>q * 64 + 32, product);
    }
    peak += image;
    gradient += image;
  }
}

/**
 * Gradient with respect to y: scale · gradient at the first winner of each window, plus B · y + C everywhere, which
 * comes from the mean and variance of the batch. `dY` points at the first pixel of rows `dYRow` bytes apart.
 */
export function normPoolGradient(
  y: usize,
  peak: usize,
  gradient: usize,
  dY: usize,
  dYRow: usize,
  dYImage: usize,
  height: i32,
  width: i32,
  quads: i32,
  images: i32,
  scales: usize,
): void {
  const pixel: usize = <usize>quads * QUAD;
  const row: usize = 2 * <usize>width * pixel;
  const pooled: usize = pixel * <usize>width * <usize>height;
  for (let n = 0; n < images; n++) {
    for (let q = 0; q < quads; q++) {
      const at = <usize>q * QUAD;
      const k = scales + <usize>q * COEFFICIENTS;
      const scale = v128.load(k),
        slope = v128.load(k, 32),
        offset = v128.load(k, 48);
      let y0 = y + at,
        best = peak + at,
        g = gradient + at,
        dRow = dY + at;
      for (let r = 0; r < height; r++) {
        let y1 = y0 + row,
          d0 = dRow,
          d1 = dRow + dYRow;
        for (let c = 0; c < width; c++) {
          const winner = v128.load(best),
            v00 = v128.load(y0),
            v10 = v128.load(y1);
          best += pixel;
          y0 += pixel;
          y1 += pixel;
          const v01 = v128.load(y0),
            v11 = v128.load(y1);
          y0 += pixel;
          y1 += pixel;
          let rest = f32x4.mul(v128.load(g), scale);
          g += pixel;
          const is00 = f32x4.eq(v00, winner),
            is01 = f32x4.eq(v01, winner),
            is10 = f32x4.eq(v10, winner);
          v128.store(d0, f32x4.add(v128.and(rest, is00), madd(offset, v00, slope)));
          rest = v128.andnot(rest, is00);
          d0 += pixel;
          v128.store(d0, f32x4.add(v128.and(rest, is01), madd(offset, v01, slope)));
          rest = v128.andnot(rest, is01);
          d0 += pixel;
          v128.store(d1, f32x4.add(v128.and(rest, is10), madd(offset, v10, slope)));
          rest = v128.andnot(rest, is10);
          d1 += pixel;
          v128.store(d1, f32x4.add(rest, madd(offset, v11, slope)));
          d1 += pixel;
        }
        y0 += row;
        dRow += 2 * dYRow;
      }
    }
    y += row * 2 * <usize>height;
    peak += pooled;
    gradient += pooled;
    dY += dYImage;
  }
}
