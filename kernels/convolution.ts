/**
 * 3×3 convolution, stride 1, over images that carry their zero halo: Winograd's F(2, 3) down the columns, the plain sum
 * along the rows.
 *
 *   input    [B][H + 2][W + 2][C]      rows `inputRow`, images `inputImage` bytes apart
 *   weights  [quad][3][c][kx][4]       one v128 holds the four output channels of a quad
 *   columns  [quad][4][c][kx][4]       the weights' columns g transformed: U = (g0, (g0+g1+g2)/2, (g0−g1+g2)/2, −g2)
 *   lines    [⌈H / 2⌉][4][W + 2][C]    scratch: four rows d of an image become V = (d0−d2, d1+d2, d2−d1, d1−d3)
 *   output   [B][H][W][quads][4]       dense
 *
 * With M[k] the sum over c and kx of V[k] · U[k], two rows of the output are M0 + M1 + M2 and M1 − M2 + M3: four
 * products for six. All values are sums and halves of a few, so little is lost by rounding.
 * The same sweep serves forward (same padding) and the gradient with respect to the input (weights turned by 180° and
 * transposed, over the haloed output gradient). Source: Lavin & Gray 2015, arXiv:1509.09308.
 */
import { FLOAT, QUAD, addToDoubles, madd, splat, zero } from './simd';

/** Use of a row of products: it starts the first row, is for both rows (sum and difference), or is added to one row. */
const FIRST = 0, BOTH = 1, MORE = 2;

/** `columns` of all quads from their weights. */
export function transformWeights(weights: usize, channels: i32, quads: i32, columns: usize): void {
  const row: usize = <usize>channels * 3 * QUAD;
  for (let q = 0; q < quads; q++) {
    for (let at: usize = 0; at < row; at += QUAD) transformColumn(weights + at, row, columns + at, row);
    weights += 3 * row;
    columns += 4 * row;
  }
}

/** U of one column of weights, whose three entries are `row` bytes apart. */
@inline
export function transformColumn(weights: usize, row: usize, to: usize, toRow: usize): void {
  const half = f32x4.splat(0.5);
  const g0 = v128.load(weights), g1 = v128.load(weights + row), g2 = v128.load(weights + 2 * row);
  const outer = f32x4.add(g0, g2);
  v128.store(to, g0);
  v128.store(to + toRow, f32x4.mul(f32x4.add(outer, g1), half));
  v128.store(to + 2 * toRow, f32x4.mul(f32x4.sub(outer, g1), half));
  v128.store(to + 3 * toRow, f32x4.neg(g2));
}

/** gradient [quad][3][c][kx][4] of the weights from that of their columns. */
export function transformWeightGradient(columns: usize, channels: i32, quads: i32, gradient: usize): void {
  const row: usize = <usize>channels * 3 * QUAD;
  const half = f32x4.splat(0.5);
  for (let q = 0; q < quads; q++) {
    for (let at: usize = 0; at < row; at += QUAD) {
      const from = columns + at, to = gradient + at;
      const u0 = v128.load(from), u1 = v128.load(from + row), u2 = v128.load(from + 2 * row), u3 = v128.load(from + 3 * row);
      const outer = f32x4.mul(f32x4.add(u1, u2), half);
      v128.store(to, f32x4.add(u0, outer));
      v128.store(to + row, f32x4.mul(f32x4.sub(u1, u2), half));
      v128.store(to + 2 * row, f32x4.sub(outer, u3));
    }
    columns += 4 * row;
    gradient += 3 * row;
  }
}

/** Distance between lines in bytes: a row of the input in whole quads. */
@inline
export function lineBytes(inputRow: usize): usize {
  return (inputRow + QUAD - 1) & ~(QUAD - 1);
}

/** The four lines V of two rows of the output, or only the three of the upper one. */
@inline
function transformRows(input: usize, inputRow: usize, lines: usize, line: usize, isPair: bool): void {
  let d0 = input, d1 = d0 + inputRow, d2 = d1 + inputRow, d3 = d2 + inputRow;
  const end = lines + line;
  for (let to = lines; to < end; to += QUAD) {
    const r1 = v128.load(d1), r2 = v128.load(d2);
    v128.store(to, f32x4.sub(v128.load(d0), r2));
    v128.store(to + line, f32x4.add(r1, r2));
    v128.store(to + 2 * line, f32x4.sub(r2, r1));
    if (isPair) v128.store(to + 3 * line, f32x4.sub(r1, v128.load(d3)));
    d0 += QUAD; d1 += QUAD; d2 += QUAD; d3 += QUAD;
  }
}

/** The lines of all rows of an image. */
export function transformImage(input: usize, inputRow: usize, lines: usize, height: i32): void {
  const line = lineBytes(inputRow);
  for (let y = 0; y < height; y += 2) {
    transformRows(input, inputRow, lines, line, y + 1 < height);
    input += 2 * inputRow;
    lines += 4 * line;
  }
}

/**
 * output = input ∗ weights; adds Σ output and Σ output² of every channel to `moments`: f64 [quad][sum ×4, squares ×4].
 */
export function convolve3x3Moments(
  input: usize, inputRow: usize, inputImage: usize, columns: usize, lines: usize, output: usize,
  height: i32, width: i32, channels: i32, quads: i32, images: i32, moments: usize,
): void {
  sweep(true, input, inputRow, inputImage, columns, lines, output, height, width, channels, quads, images, moments);
}

/** output = input ∗ weights. */
export function convolve3x3(
  input: usize, inputRow: usize, inputImage: usize, columns: usize, lines: usize, output: usize,
  height: i32, width: i32, channels: i32, quads: i32, images: i32,
): void {
  sweep(false, input, inputRow, inputImage, columns, lines, output, height, width, channels, quads, images, 0);
}

@inline
function sweep(
  withMoments: bool, input: usize, inputRow: usize, inputImage: usize, columns: usize, lines: usize, output: usize,
  height: i32, width: i32, channels: i32, quads: i32, images: i32, moments: usize,
): void {
  const pixel: usize = <usize>channels * FLOAT, outputPixel: usize = <usize>quads * QUAD;
  const row: usize = <usize>width * outputPixel;
  const column: usize = <usize>channels * 3 * QUAD, line = lineBytes(inputRow);
  for (let n = 0; n < images; n++) {
    transformImage(input, inputRow, lines, height);
    for (let q = 0; q < quads; q++) {
      const u = columns + <usize>q * 4 * column;
      let v = lines, to = output + <usize>q * QUAD;
      let sum = zero(), squares = zero();
      for (let y = 0; y < height; y += 2) {
        const isPair = y + 1 < height;
        // Without a lower row its values go to the upper one, whose last part overwrites them.
        const lower: usize = isPair ? row : 0;
        let at = v, upper = to, x = 0;
        for (; x <= width - 7; x += 7) {
          sevenPixels(FIRST, at + line, u + column, channels, upper, lower, outputPixel);
          sevenPixels(BOTH, at + 2 * line, u + 2 * column, channels, upper, lower, outputPixel);
          sevenPixels(MORE, at, u, channels, upper, 0, outputPixel);
          if (isPair) sevenPixels(MORE, at + 3 * line, u + 3 * column, channels, upper + row, 0, outputPixel);
          at += 7 * pixel;
          upper += 7 * outputPixel;
        }
        for (; x < width; x++) {
          onePixel(FIRST, at + line, u + column, channels, upper, lower);
          onePixel(BOTH, at + 2 * line, u + 2 * column, channels, upper, lower);
          onePixel(MORE, at, u, channels, upper, 0);
          if (isPair) onePixel(MORE, at + 3 * line, u + 3 * column, channels, upper + row, 0);
          at += pixel;
          upper += outputPixel;
        }
        if (withMoments) {
          for (let p = to; p < upper; p += outputPixel) {
            const a = v128.load(p), b = isPair ? v128.load(p + row) : zero();
            sum = f32x4.add(sum, f32x4.add(a, b));
            squares = f32x4.add(squares, madd(f32x4.mul(a, a), b, b));
          }
        }
        v += 4 * line;
        to += 2 * row;
      }
      if (withMoments) {
        addToDoubles(moments + <usize>q * 64, sum);
        addToDoubles(moments + <usize>q * 64 + 32, squares);
      }
    }
    input += inputImage;
    output += row * <usize>height;
  }
}

/**
 * Seven neighbouring pixels are swept by input column: an input value is loaded once and feeds up to three of them,
 * while the three weights of a channel stay in registers. Seven accumulators, three weights and a value are what fits
 * into sixteen registers.
 */
@inline
function sevenPixels(
  part: i32, line: usize, weights: usize, channels: i32, to: usize, lower: usize, outputPixel: usize,
): void {
  const pixel: usize = <usize>channels * FLOAT;
  let a0 = zero(), a1 = zero(), a2 = zero(), a3 = zero(), a4 = zero(), a5 = zero(), a6 = zero();
  if (part == MORE) {
    let from = to;
    a0 = v128.load(from); from += outputPixel; a1 = v128.load(from); from += outputPixel;
    a2 = v128.load(from); from += outputPixel; a3 = v128.load(from); from += outputPixel;
    a4 = v128.load(from); from += outputPixel; a5 = v128.load(from); from += outputPixel;
    a6 = v128.load(from);
  }
  const end = line + pixel;
  while (line < end) {
    const w0 = v128.load(weights), w1 = v128.load(weights, 16), w2 = v128.load(weights, 32);
    let p = line, s = splat(p);
    a0 = madd(a0, s, w0); p += pixel; s = splat(p);
    a0 = madd(a0, s, w1); a1 = madd(a1, s, w0); p += pixel; s = splat(p);
    a0 = madd(a0, s, w2); a1 = madd(a1, s, w1); a2 = madd(a2, s, w0); p += pixel; s = splat(p);
    a1 = madd(a1, s, w2); a2 = madd(a2, s, w1); a3 = madd(a3, s, w0); p += pixel; s = splat(p);
    a2 = madd(a2, s, w2); a3 = madd(a3, s, w1); a4 = madd(a4, s, w0); p += pixel; s = splat(p);
    a3 = madd(a3, s, w2); a4 = madd(a4, s, w1); a5 = madd(a5, s, w0); p += pixel; s = splat(p);
    a4 = madd(a4, s, w2); a5 = madd(a5, s, w1); a6 = madd(a6, s, w0); p += pixel; s = splat(p);
    a5 = madd(a5, s, w2); a6 = madd(a6, s, w1); p += pixel; s = splat(p);
    a6 = madd(a6, s, w2);
    line += FLOAT;
    weights += 3 * QUAD;
  }
  put(part, to, lower, a0); to += outputPixel;
  put(part, to, lower, a1); to += outputPixel;
  put(part, to, lower, a2); to += outputPixel;
  put(part, to, lower, a3); to += outputPixel;
  put(part, to, lower, a4); to += outputPixel;
  put(part, to, lower, a5); to += outputPixel;
  put(part, to, lower, a6);
}

@inline
function onePixel(part: i32, line: usize, weights: usize, channels: i32, to: usize, lower: usize): void {
  const pixel: usize = <usize>channels * FLOAT;
  let a = part == MORE ? v128.load(to) : zero();
  const end = line + pixel;
  while (line < end) {
    a = madd(a, splat(line), v128.load(weights));
    a = madd(a, splat(line + pixel), v128.load(weights, 16));
    a = madd(a, splat(line + 2 * pixel), v128.load(weights, 32));
    line += FLOAT;
    weights += 3 * QUAD;
  }
  put(part, to, lower, a);
}

/** Stores M1; adds M2 to it, and subtracts M2 in the row below. The sums of M0 and M3 start from these. */
@inline
function put(part: i32, to: usize, lower: usize, m: v128): void {
  if (part == BOTH) {
    const before = v128.load(to);
    v128.store(to + lower, f32x4.sub(before, m));
    v128.store(to, f32x4.add(before, m));
  } else {
    v128.store(to, m);
  }
}

/**
 * Gradient with respect to `columns`: gradient[quad][k][c][kx] += Σ over pixels of V[k] · E[k], where E = (e0, e0 + e1,
 * e0 − e1, e1) of two rows of the output's gradient. `dOutput` points at the first pixel inside its halo.
 */
export function weightGradient3x3(
  input: usize, inputRow: usize, inputImage: usize, lines: usize, dOutput: usize, dOutputRow: usize, dOutputImage: usize,
  height: i32, width: i32, channels: i32, quads: i32, images: i32, gradient: usize,
): void {
  const column: usize = <usize>channels * 3 * QUAD, line = lineBytes(inputRow);
  for (let n = 0; n < images; n++) {
    transformImage(input, inputRow, lines, height);
    let g = gradient;
    for (let q = 0; q < quads; q++) {
      const d = dOutput + <usize>q * QUAD;
      for (let c = 0; c < channels; c++) {
        const v = lines + <usize>c * FLOAT, to = g + <usize>c * 3 * QUAD;
        products(false, v, v + 3 * line, line, d, dOutputRow, height, width, channels, quads, to, to + 3 * column);
        products(true, v + line, v + 2 * line, line, d, dOutputRow, height, width, channels, quads, to + column, to + 2 * column);
      }
      g += 4 * column;
    }
    input += inputImage;
    dOutput += dOutputImage;
  }
}

/** Two lines a and b with e0 and e1 or, `mixed`, with their sum and difference; three taps each in six accumulators. */
@inline
function products(
  mixed: bool, a: usize, b: usize, line: usize, dOutput: usize, dOutputRow: usize,
  height: i32, width: i32, channels: i32, quads: i32, sumA: usize, sumB: usize,
): void {
  const pixel: usize = <usize>channels * FLOAT, outputPixel: usize = <usize>quads * QUAD;
  let a0 = v128.load(sumA), a1 = v128.load(sumA, 16), a2 = v128.load(sumA, 32);
  let b0 = v128.load(sumB), b1 = v128.load(sumB, 16), b2 = v128.load(sumB, 32);
  for (let y = 0; y < height; y += 2) {
    let p = a, r = b, d = dOutput;
    const end = d + <usize>width * outputPixel;
    // Input column j meets the output gradients of columns j, j − 1 and j − 2.
    let e1 = zero(), e2 = zero(), f1 = zero(), f2 = zero();
    while (d < end) {
      const upper = v128.load(d), lower = v128.load(d + dOutputRow);
      const e = mixed ? f32x4.add(upper, lower) : upper, f = mixed ? f32x4.sub(upper, lower) : lower;
      let s = splat(p); a0 = madd(a0, s, e); a1 = madd(a1, s, e1); a2 = madd(a2, s, e2);
      s = splat(r); b0 = madd(b0, s, f); b1 = madd(b1, s, f1); b2 = madd(b2, s, f2);
      e2 = e1; e1 = e; f2 = f1; f1 = f;
      p += pixel; r += pixel;
      d += outputPixel;
    }
    let s = splat(p); a1 = madd(a1, s, e1); a2 = madd(a2, s, e2); a2 = madd(a2, splat(p + pixel), e1);
    s = splat(r); b1 = madd(b1, s, f1); b2 = madd(b2, s, f2); b2 = madd(b2, splat(r + pixel), f1);
    a += 4 * line; b += 4 * line;
    dOutput += 2 * dOutputRow;
  }
  v128.store(sumA, a0); v128.store(sumA, a1, 16); v128.store(sumA, a2, 32);
  v128.store(sumB, b0); v128.store(sumB, b1, 16); v128.store(sumB, b2, 32);
}
