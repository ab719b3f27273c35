/**
 * Depthwise convolution: every channel has its own window.
 *
 *   input    [B][H][W][quads][4]      dense
 *   weights  [kh][kw][quads][4]
 *   output   [B][outH][outW][quads][4]   dense
 *
 * Tap (ky, kx) of output pixel (y, x) is input pixel
 * (y · strideY + ky · dilationY − top, x · strideX + kx · dilationX − left), zero outside.
 * Source: Sifre & Mallat 2014; Howard et al. 2017, arXiv:1704.04861.
 */
import { QUAD, addToDoubles, madd, zero } from './simd';

/** output ← bias + Σ over the window of input · weight. */
export function depthwise(
  input: usize, height: i32, width: i32, weights: usize, bias: usize, output: usize, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, top: i32, left: i32,
  quads: i32, images: i32,
): void {
  const pixel: usize = <usize>quads * QUAD, step: usize = <usize>dilationX * pixel;
  const row: usize = <usize>width * pixel;
  for (let n = 0; n < images; n++) {
    for (let y = 0; y < outHeight; y++) {
      const y0 = y * strideY - top;
      const firstY = firstInside(y0, dilationY), endY = endInside(y0, dilationY, kernelHeight, height);
      for (let x = 0; x < outWidth; x++) {
        const x0 = x * strideX - left;
        const firstX = firstInside(x0, dilationX), endX = endInside(x0, dilationX, kernelWidth, width);
        for (let q = 0; q < quads; q++) {
          const at = <usize>q * QUAD;
          let sum = v128.load(bias + at);
          for (let ky = firstY; ky < endY; ky++) {
            let from = input + <usize>(y0 + ky * dilationY) * row + <usize>(x0 + firstX * dilationX) * pixel + at;
            let weight = weights + <usize>(ky * kernelWidth + firstX) * pixel + at;
            for (let kx = firstX; kx < endX; kx++) {
              sum = madd(sum, v128.load(from), v128.load(weight));
              from += step;
              weight += pixel;
            }
          }
          v128.store(output, sum);
          output += QUAD;
        }
      }
    }
    input += <usize>height * row;
  }
}

/** dInput += weight · dOutput at every tap; the caller clears it first. */
export function depthwiseInputGradient(
  dInput: usize, height: i32, width: i32, weights: usize, dOutput: usize, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, top: i32, left: i32,
  quads: i32, images: i32,
): void {
  const pixel: usize = <usize>quads * QUAD, step: usize = <usize>dilationX * pixel;
  const row: usize = <usize>width * pixel;
  for (let n = 0; n < images; n++) {
    for (let y = 0; y < outHeight; y++) {
      const y0 = y * strideY - top;
      const firstY = firstInside(y0, dilationY), endY = endInside(y0, dilationY, kernelHeight, height);
      for (let x = 0; x < outWidth; x++) {
        const x0 = x * strideX - left;
        const firstX = firstInside(x0, dilationX), endX = endInside(x0, dilationX, kernelWidth, width);
        for (let q = 0; q < quads; q++) {
          const at = <usize>q * QUAD;
          const d = v128.load(dOutput);
          dOutput += QUAD;
          for (let ky = firstY; ky < endY; ky++) {
            let to = dInput + <usize>(y0 + ky * dilationY) * row + <usize>(x0 + firstX * dilationX) * pixel + at;
            let weight = weights + <usize>(ky * kernelWidth + firstX) * pixel + at;
            for (let kx = firstX; kx < endX; kx++) {
              v128.store(to, madd(v128.load(to), d, v128.load(weight)));
              to += step;
              weight += pixel;
            }
          }
        }
      }
    }
    dInput += <usize>height * row;
  }
}

/** Adds Σ input · dOutput of every weight to `sums`, f64 like the weights; each image is summed in f32 first. */
export function depthwiseWeightGradient(
  input: usize, height: i32, width: i32, sums: usize, dOutput: usize, outHeight: i32, outWidth: i32,
  kernelHeight: i32, kernelWidth: i32, strideY: i32, strideX: i32, dilationY: i32, dilationX: i32, top: i32, left: i32,
  quads: i32, images: i32,
): void {
  const pixel: usize = <usize>quads * QUAD;
  const row: usize = <usize>width * pixel;
  for (let n = 0; n < images; n++) {
    let to = sums;
    for (let ky = 0; ky < kernelHeight; ky++) {
      for (let kx = 0; kx < kernelWidth; kx++) {
        for (let q = 0; q < quads; q++) {
          const at = <usize>q * QUAD;
          let sum = zero();
          for (let y = 0; y < outHeight; y++) {
            const iy = y * strideY + ky * dilationY - top;
            if (iy < 0 || iy >= height) continue;
            let d = dOutput + <usize>(y * outWidth) * pixel + at;
            for (let x = 0; x < outWidth; x++, d += pixel) {
              const ix = x * strideX + kx * dilationX - left;
              if (ix < 0 || ix >= width) continue;
              sum = madd(sum, v128.load(input + <usize>iy * row + <usize>ix * pixel + at), v128.load(d));
            }
          }
          addToDoubles(to, sum);
          to += 32;
        }
      }
    }
    input += <usize>height * row;
    dOutput += <usize>(outHeight * outWidth) * pixel;
  }
}

/** The range of taps inside the image along one axis, for a window that starts at `start`. */
@inline
function firstInside(start: i32, dilation: i32): i32 {
  return start < 0 ? (dilation - 1 - start) / dilation : 0;
}

@inline
function endInside(start: i32, dilation: i32, taps: i32, size: i32): i32 {
  return start < size ? min(taps, (size - start + dilation - 1) / dilation) : 0;
}
