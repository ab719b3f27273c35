/**
 * 3×3 convolution, stride 1, by Winograd's minimal filtering F(4×4, 3×3): 36 multiplications where the direct sum
 * takes 144. Output tiles of 4×4 pixels come from overlapping input tiles d of 6×6:
 *
 *   Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A        dg = Gᵀ [(Bᵀ d B) ⊙ (A dY Aᵀ)] G
 *
 * and the element-wise products, summed over channels, are 36 matrix products. With T tiles of all images of a call
 * (the 36 planes of each are `…Plane` bytes apart, never a power of 2, since they would share a few sets of the cache):
 *
 *   V  [36][T][C]           Bᵀ d B of the input       U  [36][C][K]      G g Gᵀ of the weights
 *   M  [36][T][K]           V · U                     D  [36][T][K]      A dY Aᵀ of the output gradient
 *
 * Tiles may reach beyond the right and bottom edge. Maps that are read have zeros there (rows and columns up to the
 * next multiple of 4, plus the halo), and values outside are not written. Source: Lavin & Gray 2016, arXiv:1509.09308.
 */
import { QUAD, addToDoubles, madd, zero } from './simd';
import { multiplyAddRows, multiplyRows } from './matrix';

const POINTS = 36;
/** Bytes of a scratch tile row: six quads. */
const LINE: usize = 6 * QUAD;

@inline
function times(factor: f32, v: v128): v128 {
  return f32x4.mul(f32x4.splat(factor), v);
}

@inline
function plus(a: v128, factor: f32, b: v128): v128 {
  return madd(a, f32x4.splat(factor), b);
}

/** Bᵀ of six values `fromStep` bytes apart, to six `toStep` bytes apart. */
@inline
function dataTransform(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const d0 = v128.load(from), d1 = v128.load(from + fromStep), d2 = v128.load(from + 2 * fromStep);
  const d3 = v128.load(from + 3 * fromStep), d4 = v128.load(from + 4 * fromStep), d5 = v128.load(from + 5 * fromStep);
  const even4 = plus(d4, -4, d2), odd4 = plus(d3, -4, d1);
  const even = f32x4.sub(d4, d2), odd = times(2, f32x4.sub(d3, d1));
  v128.store(to, plus(plus(d4, -5, d2), 4, d0));
  v128.store(to + toStep, f32x4.add(even4, odd4));
  v128.store(to + 2 * toStep, f32x4.sub(even4, odd4));
  v128.store(to + 3 * toStep, f32x4.add(even, odd));
  v128.store(to + 4 * toStep, f32x4.sub(even, odd));
  v128.store(to + 5 * toStep, plus(plus(d5, -5, d3), 4, d1));
}

/** Aᵀ: six values to four. */
@inline
function outputTransform(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const m0 = v128.load(from), m1 = v128.load(from + fromStep), m2 = v128.load(from + 2 * fromStep);
  const m3 = v128.load(from + 3 * fromStep), m4 = v128.load(from + 4 * fromStep), m5 = v128.load(from + 5 * fromStep);
  const s12 = f32x4.add(m1, m2), d12 = f32x4.sub(m1, m2), s34 = f32x4.add(m3, m4), d34 = f32x4.sub(m3, m4);
  v128.store(to, f32x4.add(f32x4.add(m0, s12), s34));
  v128.store(to + toStep, plus(d12, 2, d34));
  v128.store(to + 2 * toStep, plus(s12, 4, s34));
  v128.store(to + 3 * toStep, f32x4.add(plus(d12, 8, d34), m5));
}

/** A: four values to six. */
@inline
function gradientTransform(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const y0 = v128.load(from), y1 = v128.load(from + fromStep);
  const y2 = v128.load(from + 2 * fromStep), y3 = v128.load(from + 3 * fromStep);
  const even = f32x4.add(y0, y2), odd = f32x4.add(y1, y3);
  const even4 = plus(y0, 4, y2), odd4 = times(2, plus(y1, 4, y3));
  v128.store(to, y0);
  v128.store(to + toStep, f32x4.add(even, odd));
  v128.store(to + 2 * toStep, f32x4.sub(even, odd));
  v128.store(to + 3 * toStep, f32x4.add(even4, odd4));
  v128.store(to + 4 * toStep, f32x4.sub(even4, odd4));
  v128.store(to + 5 * toStep, y3);
}

/** G: three values to six. */
@inline
function weightTransform(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const g0 = v128.load(from), g1 = v128.load(from + fromStep), g2 = v128.load(from + 2 * fromStep);
  const sixth: f32 = <f32>(1.0 / 6.0);
  const outer = times(-sixth, f32x4.add(g0, g2)), middle = times(sixth, g1);
  const far = plus(times(<f32>(1.0 / 24.0), g0), sixth, g2), half = times(<f32>(1.0 / 12.0), g1);
  v128.store(to, times(0.25, g0));
  v128.store(to + toStep, f32x4.sub(outer, middle));
  v128.store(to + 2 * toStep, f32x4.add(outer, middle));
  v128.store(to + 3 * toStep, f32x4.add(far, half));
  v128.store(to + 4 * toStep, f32x4.sub(far, half));
  v128.store(to + 5 * toStep, g2);
}

/** Gᵀ: six values to three. */
@inline
function weightGradientTransform(from: usize, fromStep: usize, to: usize, toStep: usize): void {
  const m0 = v128.load(from), m1 = v128.load(from + fromStep), m2 = v128.load(from + 2 * fromStep);
  const m3 = v128.load(from + 3 * fromStep), m4 = v128.load(from + 4 * fromStep), m5 = v128.load(from + 5 * fromStep);
  const sixth: f32 = <f32>(1.0 / 6.0);
  const s12 = times(sixth, f32x4.add(m1, m2)), d12 = times(sixth, f32x4.sub(m2, m1));
  const s34 = f32x4.add(m3, m4), d34 = f32x4.sub(m3, m4);
  v128.store(to, f32x4.sub(plus(times(0.25, m0), <f32>(1.0 / 24.0), s34), s12));
  v128.store(to + toStep, plus(d12, <f32>(1.0 / 12.0), d34));
  v128.store(to + 2 * toStep, f32x4.sub(plus(m5, sixth, s34), s12));
}

/**
 * V = Bᵀ d B. `input` points at the halo's corner. A row of tiles first goes through Bᵀ column by column, since
 * neighbouring tiles share two of six columns: `scratch` holds 6 × (4 · tileColumns + 2) pixels.
 */
export function winogradInput(
  input: usize, inputRow: usize, inputImage: usize, v: usize, vPlane: usize, scratch: usize,
  tileRows: i32, tileColumns: i32, quads: i32, images: i32,
): void {
  const pixel: usize = <usize>quads * QUAD;
  const scratchRow: usize = <usize>(4 * tileColumns + 2) * pixel;
  for (let n = 0; n < images; n++) {
    let row = input;
    for (let y = 0; y < tileRows; y++) {
      for (let at: usize = 0; at < scratchRow; at += QUAD) dataTransform(row + at, inputRow, scratch + at, scratchRow);
      let tile = scratch;
      for (let x = 0; x < tileColumns; x++) {
        for (let q = 0; q < quads; q++) {
          const from = tile + <usize>q * QUAD;
          for (let i: usize = 0; i < 6; i++) dataTransform(from + i * scratchRow, pixel, v + 6 * i * vPlane, vPlane);
          v += QUAD;
        }
        tile += 4 * pixel;
      }
      row += 4 * inputRow;
    }
    input += inputImage;
  }
}

/**
 * output = Aᵀ M A, dense [B][height][width][quads][4]; adds Σ and Σ² of every channel to `moments` (f64, as
 * convolve3x3Moments) unless that is 0.
 */
export function winogradOutput(
  m: usize, mPlane: usize, output: usize, scratch: usize,
  height: i32, width: i32, quads: i32, images: i32, moments: usize,
): void {
  const pixel: usize = <usize>quads * QUAD;
  const outputRow: usize = <usize>width * pixel;
  const tileRows = (height + 3) >> 2, tileColumns = (width + 3) >> 2;
  const tiles: usize = <usize>(tileRows * tileColumns);
  const result = scratch + 36 * QUAD;
  for (let n = 0; n < images; n++) {
    for (let q = 0; q < quads; q++) {
      let from = m + <usize>q * QUAD;
      let sum = zero(), squares = zero();
      for (let y = 0; y < tileRows; y++) {
        for (let x = 0; x < tileColumns; x++) {
          for (let j: usize = 0; j < 6; j++) outputTransform(from + j * mPlane, 6 * mPlane, scratch + j * QUAD, LINE);
          for (let i: usize = 0; i < 4; i++) outputTransform(scratch + i * LINE, QUAD, result + i * 4 * QUAD, QUAD);
          let to = output + <usize>(4 * y) * outputRow + <usize>(4 * x) * pixel + <usize>q * QUAD;
          const rows = min(4, height - 4 * y), columns = min(4, width - 4 * x);
          for (let i = 0; i < rows; i++) {
            for (let j = 0; j < columns; j++) {
              const value = v128.load(result + <usize>(4 * i + j) * QUAD);
              sum = f32x4.add(sum, value);
              squares = madd(squares, value, value);
              v128.store(to + <usize>j * pixel, value);
            }
            to += outputRow;
          }
          from += pixel;
        }
      }
      if (moments) {
        addToDoubles(moments + <usize>q * 64, sum);
        addToDoubles(moments + <usize>q * 64 + 32, squares);
      }
    }
    m += tiles * pixel;
    output += outputRow * <usize>height;
  }
}

/** D = A dY Aᵀ. `dOutput` points at the first pixel of a map with zeros up to the next multiple of 4. */
export function winogradOutputGradient(
  dOutput: usize, dOutputRow: usize, dOutputImage: usize, d: usize, dPlane: usize, scratch: usize,
  tileRows: i32, tileColumns: i32, quads: i32, images: i32,
): void {
  const pixel: usize = <usize>quads * QUAD;
  for (let n = 0; n < images; n++) {
    let row = dOutput;
    for (let y = 0; y < tileRows; y++) {
      let tile = row;
      for (let x = 0; x < tileColumns; x++) {
        for (let q = 0; q < quads; q++) {
          const from = tile + <usize>q * QUAD;
          for (let j: usize = 0; j < 4; j++) gradientTransform(from + j * pixel, dOutputRow, scratch + j * QUAD, LINE);
          for (let i: usize = 0; i < 6; i++) gradientTransform(scratch + i * LINE, QUAD, d + 6 * i * dPlane, dPlane);
          d += QUAD;
        }
        tile += 4 * pixel;
      }
      row += 4 * dOutputRow;
    }
    dOutput += dOutputImage;
  }
}

/** U = G g Gᵀ from weights packed as [quad][ky][c][kx][4], to [36][c][quads][4]. */
export function winogradWeights(
  weights: usize, u: usize, uPlane: usize, scratch: usize, channels: i32, quads: i32,
): void {
  const kyStride: usize = <usize>channels * 3 * QUAD;
  for (let q = 0; q < quads; q++) {
    for (let c = 0; c < channels; c++) {
      const from = weights + <usize>q * 3 * kyStride + <usize>c * 3 * QUAD;
      const to = u + <usize>(c * quads + q) * QUAD;
      for (let j: usize = 0; j < 3; j++) weightTransform(from + j * QUAD, kyStride, scratch + j * QUAD, LINE);
      for (let i: usize = 0; i < 6; i++) weightTransform(scratch + i * LINE, QUAD, to + 6 * i * uPlane, uPlane);
    }
  }
}

/** gradient = Gᵀ dU G, packed as [quad][ky][c][kx][4]. */
export function winogradWeightGradient(
  dU: usize, uPlane: usize, gradient: usize, scratch: usize, channels: i32, quads: i32,
): void {
  const kyStride: usize = <usize>channels * 3 * QUAD;
  for (let q = 0; q < quads; q++) {
    for (let c = 0; c < channels; c++) {
      const from = dU + <usize>(c * quads + q) * QUAD;
      const to = gradient + <usize>q * 3 * kyStride + <usize>c * 3 * QUAD;
      for (let j: usize = 0; j < 6; j++) weightGradientTransform(from + j * uPlane, 6 * uPlane, scratch + j * QUAD, LINE);
      for (let i: usize = 0; i < 3; i++) weightGradientTransform(scratch + i * LINE, QUAD, to + i * kyStride, QUAD);
    }
  }
}

/** M = V · U at each of the 36 points. */
export function winogradProducts(
  v: usize, vPlane: usize, u: usize, uPlane: usize, m: usize, mPlane: usize, tiles: i32, channels: i32, quads: i32,
): void {
  const vRow: usize = <usize>channels * 4, mRow: usize = <usize>quads * QUAD;
  for (let k = 0; k < POINTS; k++) {
    multiplyRows(v, vRow, 4, u, mRow, m, mRow, tiles, channels, quads);
    v += vPlane;
    u += uPlane;
    m += mPlane;
  }
}

/** dU += Vᵀ · D at each of the 36 points. */
export function winogradGradientProducts(
  v: usize, vPlane: usize, d: usize, dPlane: usize, dU: usize, uPlane: usize, tiles: i32, channels: i32, quads: i32,
): void {
  const vRow: usize = <usize>channels * 4, dRow: usize = <usize>quads * QUAD;
  for (let k = 0; k < POINTS; k++) {
    multiplyAddRows(v, 4, vRow, d, dRow, dU, dRow, channels, tiles, quads);
    v += vPlane;
    d += dPlane;
    dU += uPlane;
  }
}
