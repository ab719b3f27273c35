/**
 * The input gradient of a convolution as a matrix product, in which the patch of every output pixel is a row.
 *
 *   input    [H][W][C]                 one image; rows `inputRow` bytes apart, pixels without gaps
 *   patches  [rows × outputWidth][kh][kw][C]   of the output rows firstRow … firstRow + rows − 1
 *
 * Row ky, column kx of the patch of output pixel (y, x) is input pixel (y · strideY + ky − top, x · strideX + kx −
 * left), zero outside the image. The products with the weights [kh][kw][C][out] are those of matrix.ts. Source:
 * Chellapilla, Puri & Simard 2006, High performance convolutional neural networks for document processing.
 */
import { FLOAT, QUAD } from './simd';

/** input += patches. Overlapping values add up. */
export function scatterPatches(
  input: usize, inputRow: usize, height: i32, width: i32, channels: i32, patches: usize,
  kernelHeight: i32, kernelWidth: i32, strideY: i32, strideX: i32, top: i32, left: i32,
  firstRow: i32, rows: i32, outputWidth: i32,
): void {
  const pixel: usize = <usize>channels * FLOAT;
  const patchRow: usize = <usize>kernelWidth * pixel;
  let from = patches;
  for (let y = firstRow; y < firstRow + rows; y++) {
    for (let x = 0; x < outputWidth; x++) {
      const column = x * strideX - left;
      const before = min(max(-column, 0), kernelWidth);
      const inside = max(min(kernelWidth, width - column) - before, 0);
      for (let ky = 0; ky < kernelHeight; ky++) {
        const row = y * strideY + ky - top;
        if (row >= 0 && row < height) {
          const to = input + <usize>row * inputRow + <usize>(column + before) * pixel;
          add(to, from + <usize>before * pixel, inside * channels);
        }
        from += patchRow;
      }
    }
  }
}

@inline
function add(to: usize, from: usize, floats: i32): void {
  let i = 0;
  for (; i <= floats - 4; i += 4, to += QUAD, from += QUAD) v128.store(to, f32x4.add(v128.load(to), v128.load(from)));
  for (; i < floats; i++, to += FLOAT, from += FLOAT) store<f32>(to, load<f32>(to) + load<f32>(from));
}
