/**
 * 3×3 convolution, stride 1, over images that carry their zero halo.
 *
 *   input    [B][H + 2][W + 2][C]      rows `inputRow`, images `inputImage` bytes apart
 *   weights  [quad][ky][c][kx][4]      one v128 holds the four output channels of a quad
 *   output   [B][H][W][quads][4]       dense
 *
 * The same sweep serves forward (same padding) and the gradient with respect to the input (weights turned by 180° and
 * transposed, over the haloed output gradient).
 */
import { FLOAT, QUAD, addToDoubles, madd, splat, zero } from './simd';

/** output = input ∗ weights; adds Σ output and Σ output² of every channel to `moments`: f64 [quad][sum ×4, squares ×4]. */
export function convolve3x3Moments(
  input: usize, inputRow: usize, inputImage: usize, weights: usize, output: usize,
  height: i32, width: i32, channels: i32, quads: i32, images: i32, moments: usize,
): void {
  sweep(true, input, inputRow, inputImage, weights, output, height, width, channels, quads, images, moments);
}

/** output = input ∗ weights. */
export function convolve3x3(
  input: usize, inputRow: usize, inputImage: usize, weights: usize, output: usize,
  height: i32, width: i32, channels: i32, quads: i32, images: i32,
): void {
  sweep(false, input, inputRow, inputImage, weights, output, height, width, channels, quads, images, 0);
}

/**
 * Seven neighbouring output pixels are swept by input column: an input value is loaded once and feeds up to three of
 * them, while the three weights of a (ky, channel) stay in registers. Seven accumulators, three weights and a value
 * are what fits into sixteen registers.
 */
@inline
function sweep(
  withMoments: bool, input: usize, inputRow: usize, inputImage: usize, weights: usize, output: usize,
  height: i32, width: i32, channels: i32, quads: i32, images: i32, moments: usize,
): void {
  const pixel: usize = <usize>channels * FLOAT;
  const outputPixel: usize = <usize>quads * QUAD;
  const outputRow: usize = <usize>width * outputPixel;
  const weightsOfQuad: usize = <usize>channels * 9 * QUAD;

  for (let n = 0; n < images; n++) {
    let w = weights;
    let sums = moments;
    for (let q = 0; q < quads; q++) {
      let sum = zero(), squares = zero();
      let inRow = input;
      let outRow = output + <usize>q * QUAD;
      for (let y = 0; y < height; y++) {
        let from = inRow;
        let to = outRow;
        let x = 0;
        for (; x <= width - 7; x += 7) {
          let a0 = zero(), a1 = zero(), a2 = zero(), a3 = zero(), a4 = zero(), a5 = zero(), a6 = zero();
          let tap = w;
          let row = from;
          for (let ky = 0; ky < 3; ky++) {
            let value = row;
            const end = row + pixel;
            while (value < end) {
              const w0 = v128.load(tap), w1 = v128.load(tap, 16), w2 = v128.load(tap, 32);
              let p = value, s = splat(p);
              a0 = madd(a0, s, w0); p += pixel; s = splat(p);
              a0 = madd(a0, s, w1); a1 = madd(a1, s, w0); p += pixel; s = splat(p);
              a0 = madd(a0, s, w2); a1 = madd(a1, s, w1); a2 = madd(a2, s, w0); p += pixel; s = splat(p);
              a1 = madd(a1, s, w2); a2 = madd(a2, s, w1); a3 = madd(a3, s, w0); p += pixel; s = splat(p);
              a2 = madd(a2, s, w2); a3 = madd(a3, s, w1); a4 = madd(a4, s, w0); p += pixel; s = splat(p);
              a3 = madd(a3, s, w2); a4 = madd(a4, s, w1); a5 = madd(a5, s, w0); p += pixel; s = splat(p);
              a4 = madd(a4, s, w2); a5 = madd(a5, s, w1); a6 = madd(a6, s, w0); p += pixel; s = splat(p);
              a5 = madd(a5, s, w2); a6 = madd(a6, s, w1); p += pixel; s = splat(p);
              a6 = madd(a6, s, w2);
              value += FLOAT;
              tap += 3 * QUAD;
            }
            row += inputRow;
          }
          if (withMoments) {
            sum = f32x4.add(sum, f32x4.add(f32x4.add(f32x4.add(a0, a1), f32x4.add(a2, a3)), f32x4.add(f32x4.add(a4, a5), a6)));
            squares = madd(madd(madd(madd(madd(madd(madd(squares, a0, a0), a1, a1), a2, a2), a3, a3), a4, a4), a5, a5), a6, a6);
          }
          v128.store(to, a0); to += outputPixel;
          v128.store(to, a1); to += outputPixel;
          v128.store(to, a2); to += outputPixel;
          v128.store(to, a3); to += outputPixel;
          v128.store(to, a4); to += outputPixel;
          v128.store(to, a5); to += outputPixel;
          v128.store(to, a6); to += outputPixel;
          from += 7 * pixel;
        }
        for (; x < width; x++) {
          let a = zero();
          let tap = w;
          let row = from;
          for (let ky = 0; ky < 3; ky++) {
            let value = row;
            const end = row + pixel;
            while (value < end) {
              a = madd(a, splat(value), v128.load(tap));
              a = madd(a, splat(value + pixel), v128.load(tap, 16));
              a = madd(a, splat(value + 2 * pixel), v128.load(tap, 32));
              value += FLOAT;
              tap += 3 * QUAD;
            }
            row += inputRow;
          }
          if (withMoments) {
            sum = f32x4.add(sum, a);
            squares = madd(squares, a, a);
          }
          v128.store(to, a);
          to += outputPixel;
          from += pixel;
        }
        inRow += inputRow;
        outRow += outputRow;
      }
      if (withMoments) {
        addToDoubles(sums, sum);
        addToDoubles(sums + 32, squares);
        sums += 64;
      }
      w += weightsOfQuad;
    }
    input += inputImage;
    output += outputRow * <usize>height;
  }
}

/**
 * Gradient with respect to the weights: gradient[quad][ky][c][kx] += Σ over pixels of input · dOutput, the nine taps
 * of one input channel in nine accumulators. Going along a row, three neighbouring output gradients stay in registers,
 * so that an input value is loaded once for three taps. `dOutput` points at the first pixel (inside its halo, if it has
 * one).
 */
export function weightGradient3x3(
  input: usize, inputRow: usize, inputImage: usize, dOutput: usize, dOutputRow: usize, dOutputImage: usize,
  height: i32, width: i32, channels: i32, quads: i32, images: i32, gradient: usize,
): void {
  const pixel: usize = <usize>channels * FLOAT;
  const outputPixel: usize = <usize>quads * QUAD;
  const kyStride: usize = pixel * 3 * 4;
  for (let n = 0; n < images; n++) {
    for (let q = 0; q < quads; q++) {
      for (let c = 0; c < channels; c++) {
        const g0: usize = gradient + <usize>q * 3 * kyStride + <usize>c * 3 * QUAD;
        const g1: usize = g0 + kyStride;
        const g2: usize = g1 + kyStride;
        let a00 = v128.load(g0), a01 = v128.load(g0, 16), a02 = v128.load(g0, 32);
        let a10 = v128.load(g1), a11 = v128.load(g1, 16), a12 = v128.load(g1, 32);
        let a20 = v128.load(g2), a21 = v128.load(g2, 16), a22 = v128.load(g2, 32);
        let row = input + <usize>c * FLOAT;
        let dRow = dOutput + <usize>q * QUAD;
        for (let y = 0; y < height; y++) {
          let x0 = row, x1 = x0 + inputRow, x2 = x1 + inputRow;
          let d = dRow;
          const end = d + <usize>width * outputPixel;
          // Input column j meets the output gradients of columns j, j − 1 and j − 2.
          let d1 = zero(), d2 = zero();
          while (d < end) {
            const d0 = v128.load(d);
            let s = splat(x0); a00 = madd(a00, s, d0); a01 = madd(a01, s, d1); a02 = madd(a02, s, d2);
            s = splat(x1); a10 = madd(a10, s, d0); a11 = madd(a11, s, d1); a12 = madd(a12, s, d2);
            s = splat(x2); a20 = madd(a20, s, d0); a21 = madd(a21, s, d1); a22 = madd(a22, s, d2);
            d2 = d1;
            d1 = d0;
            x0 += pixel; x1 += pixel; x2 += pixel;
            d += outputPixel;
          }
          let s = splat(x0); a01 = madd(a01, s, d1); a02 = madd(a02, s, d2); a02 = madd(a02, splat(x0 + pixel), d1);
          s = splat(x1); a11 = madd(a11, s, d1); a12 = madd(a12, s, d2); a12 = madd(a12, splat(x1 + pixel), d1);
          s = splat(x2); a21 = madd(a21, s, d1); a22 = madd(a22, s, d2); a22 = madd(a22, splat(x2 + pixel), d1);
          row += inputRow;
          dRow += dOutputRow;
        }
        v128.store(g0, a00); v128.store(g0, a01, 16); v128.store(g0, a02, 32);
        v128.store(g1, a10); v128.store(g1, a11, 16); v128.store(g1, a12, 32);
        v128.store(g2, a20); v128.store(g2, a21, 16); v128.store(g2, a22, 32);
      }
    }
    input += inputImage;
    dOutput += dOutputImage;
  }
}
