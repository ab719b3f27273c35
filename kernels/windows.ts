/**
 * Max and average pooling, and their backward passes. Windows may overlap and reach beyond the edge, where pixels do
 * not count. Each has at least one pixel inside.
 *
 *   input   [B][inputHeight][inputWidth][quads][4]   dense
 *   output  [B][height][width][quads][4]             dense; window (y, x) starts at input pixel
 *                                                    (y · strideY − top, x · strideX − left)
 *
 * Gradients are added to `dInput`, which the caller clears first. The first of equal maxima gets the gradient.
 */
import { QUAD, madd, zero } from './simd';

export function maxPool(
  input: usize, inputHeight: i32, inputWidth: i32, output: usize, height: i32, width: i32,
  poolHeight: i32, poolWidth: i32, strideY: i32, strideX: i32, top: i32, left: i32, quads: i32, images: i32,
): void {
  const pixel: usize = <usize>quads * QUAD;
  const row: usize = <usize>inputWidth * pixel;
  for (let n = 0; n < images; n++) {
    for (let y = 0; y < height; y++) {
      const y0 = max(0, y * strideY - top), rows = min(inputHeight, y * strideY - top + poolHeight) - y0;
      for (let x = 0; x < width; x++) {
        const x0 = max(0, x * strideX - left), columns = min(inputWidth, x * strideX - left + poolWidth) - x0;
        let window = input + <usize>y0 * row + <usize>x0 * pixel;
        for (let q = 0; q < quads; q++) {
          v128.store(output, maximum(window, row, pixel, rows, columns));
          window += QUAD;
          output += QUAD;
        }
      }
    }
    input += <usize>inputHeight * row;
  }
}

/** dInput += dOutput at the first maximum of each window. */
export function maxPoolGradient(
  input: usize, dInput: usize, inputHeight: i32, inputWidth: i32, dOutput: usize, height: i32, width: i32,
  poolHeight: i32, poolWidth: i32, strideY: i32, strideX: i32, top: i32, left: i32, quads: i32, images: i32,
): void {
  const pixel: usize = <usize>quads * QUAD;
  const row: usize = <usize>inputWidth * pixel;
  for (let n = 0; n < images; n++) {
    for (let y = 0; y < height; y++) {
      const y0 = max(0, y * strideY - top), rows = min(inputHeight, y * strideY - top + poolHeight) - y0;
      for (let x = 0; x < width; x++) {
        const x0 = max(0, x * strideX - left), columns = min(inputWidth, x * strideX - left + poolWidth) - x0;
        let at: usize = <usize>y0 * row + <usize>x0 * pixel;
        for (let q = 0; q < quads; q++) {
          const largest = maximum(input + at, row, pixel, rows, columns);
          let rest = v128.load(dOutput);
          for (let py = 0; py < rows; py++) {
            let cell = at + <usize>py * row;
            for (let px = 0; px < columns; px++) {
              const wins = f32x4.eq(v128.load(input + cell), largest);
              v128.store(dInput + cell, f32x4.add(v128.load(dInput + cell), v128.and(rest, wins)));
              rest = v128.andnot(rest, wins);
              cell += pixel;
            }
          }
          at += QUAD;
          dOutput += QUAD;
        }
      }
    }
    input += <usize>inputHeight * row;
    dInput += <usize>inputHeight * row;
  }
}

export function averagePool(
  input: usize, inputHeight: i32, inputWidth: i32, output: usize, height: i32, width: i32,
  poolHeight: i32, poolWidth: i32, strideY: i32, strideX: i32, top: i32, left: i32, quads: i32, images: i32,
): void {
  const pixel: usize = <usize>quads * QUAD;
  const row: usize = <usize>inputWidth * pixel;
  for (let n = 0; n < images; n++) {
    for (let y = 0; y < height; y++) {
      const y0 = max(0, y * strideY - top), rows = min(inputHeight, y * strideY - top + poolHeight) - y0;
      for (let x = 0; x < width; x++) {
        const x0 = max(0, x * strideX - left), columns = min(inputWidth, x * strideX - left + poolWidth) - x0;
        const share = f32x4.splat(1 / <f32>(rows * columns));
        let window = input + <usize>y0 * row + <usize>x0 * pixel;
        for (let q = 0; q < quads; q++) {
          let sum = zero();
          for (let py = 0; py < rows; py++) {
            let cell = window + <usize>py * row;
            for (let px = 0; px < columns; px++, cell += pixel) sum = f32x4.add(sum, v128.load(cell));
          }
          v128.store(output, f32x4.mul(sum, share));
          window += QUAD;
          output += QUAD;
        }
      }
    }
    input += <usize>inputHeight * row;
  }
}

/** dInput += dOutput / cells at every cell of each window. */
export function averagePoolGradient(
  dInput: usize, inputHeight: i32, inputWidth: i32, dOutput: usize, height: i32, width: i32,
  poolHeight: i32, poolWidth: i32, strideY: i32, strideX: i32, top: i32, left: i32, quads: i32, images: i32,
): void {
  const pixel: usize = <usize>quads * QUAD;
  const row: usize = <usize>inputWidth * pixel;
  for (let n = 0; n < images; n++) {
    for (let y = 0; y < height; y++) {
      const y0 = max(0, y * strideY - top), rows = min(inputHeight, y * strideY - top + poolHeight) - y0;
      for (let x = 0; x < width; x++) {
        const x0 = max(0, x * strideX - left), columns = min(inputWidth, x * strideX - left + poolWidth) - x0;
        const share = f32x4.splat(1 / <f32>(rows * columns));
        let window = dInput + <usize>y0 * row + <usize>x0 * pixel;
        for (let q = 0; q < quads; q++) {
          const slope = v128.load(dOutput);
          for (let py = 0; py < rows; py++) {
            let cell = window + <usize>py * row;
            for (let px = 0; px < columns; px++, cell += pixel) v128.store(cell, madd(v128.load(cell), slope, share));
          }
          window += QUAD;
          dOutput += QUAD;
        }
      }
    }
    dInput += <usize>inputHeight * row;
  }
}

/** Maximum of a window in every lane. `max`, unlike `pmax`, returns NaN if a value is NaN. */
@inline
function maximum(window: usize, row: usize, pixel: usize, rows: i32, columns: i32): v128 {
  let largest = v128.load(window);
  for (let py = 0; py < rows; py++) {
    let cell = window + <usize>py * row;
    for (let px = 0; px < columns; px++, cell += pixel) largest = f32x4.max(largest, v128.load(cell));
  }
  return largest;
}
