/**
 * Exact integer sums over the 3×3 patches of grey images, from which the Gram matrix of the patches follows. With zeros
 * around the image Σ x[p + t] · x[p + u] depends only on the lag u − t, except for the first and last row and column,
 * which some windows omit.
 *
 *   bytes    [B][H][W]               W a multiple of 4
 *   scratch  i16 [H + 3][W + 2]      zero; one image at a time, two zeros behind each row, so that it is one long line
 *   sums     f64 [14][2]             Σ x[i] · x[i + lag] for the lags (0, 0…2), (1, −2…2), (2, −2…2), and Σ x; the sum
 *                                    of the two is meant
 *            f64 [4][4]              top row, bottom row, left and right column: Σ x and Σ x[i] · x[i + lag], lag 0…2
 *            f64 [4][2]              corners, top left to bottom right: Σ x and Σ x²
 *
 * Four lanes of 32 bits hold the products of an image of H · (W + 2) ≤ 2¹⁶.
 */
import { QUAD } from './simd';

/** Bytes of a 16-bit pixel. */
const PIXEL: usize = 2;
const DOUBLE: usize = 8;

/** Adds the sums of B images. */
export function addPatchSums(bytes: usize, scratch: usize, height: i32, width: i32, images: i32, sums: usize): void {
  const row: usize = (<usize>width + 2) * PIXEL;
  const length: usize = row * <usize>height;
  const right: usize = (<usize>width - 1) * PIXEL, bottom: usize = row * (<usize>height - 1);
  const lines: usize = sums + 28 * DOUBLE, corners: usize = lines + 16 * DOUBLE;
  for (let n = 0; n < images; n++) {
    widen(bytes, scratch, row, height, width);
    addLags(scratch, row, length, sums);
    addLine(scratch, PIXEL, width, lines);
    addLine(scratch + bottom, PIXEL, width, lines + 4 * DOUBLE);
    addLine(scratch, row, height, lines + 8 * DOUBLE);
    addLine(scratch + right, row, height, lines + 12 * DOUBLE);
    addCorner(scratch, corners);
    addCorner(scratch + right, corners + 2 * DOUBLE);
    addCorner(scratch + bottom, corners + 4 * DOUBLE);
    addCorner(scratch + bottom + right, corners + 6 * DOUBLE);
    bytes += <usize>height * <usize>width;
  }
}

@inline
function widen(bytes: usize, scratch: usize, row: usize, height: i32, width: i32): void {
  for (let y = 0; y < height; y++) {
    let to = scratch;
    for (let x = 0; x < width; x += 4) {
      v128.store_lane<i64>(to, i16x8.extend_low_i8x16_u(v128.load_zero<u32>(bytes)), 0);
      bytes += 4;
      to += 4 * PIXEL;
    }
    scratch += row;
  }
}

/** Two sweeps, since fourteen accumulators do not fit into the registers. */
@inline
function addLags(line: usize, row: usize, length: usize, sums: usize): void {
  const end = line + length;
  let a0 = none(), a1 = none(), a2 = none(), b0 = none(), b1 = none(), b2 = none(), b3 = none(), b4 = none();
  for (let p = line, below = line + row - 2 * PIXEL; p < end; p += QUAD, below += QUAD) {
    const v = v128.load(p);
    a0 = dot(a0, v, v); a1 = dot(a1, v, v128.load(p, 2)); a2 = dot(a2, v, v128.load(p, 4));
    b0 = dot(b0, v, v128.load(below)); b1 = dot(b1, v, v128.load(below, 2)); b2 = dot(b2, v, v128.load(below, 4));
    b3 = dot(b3, v, v128.load(below, 6)); b4 = dot(b4, v, v128.load(below, 8));
  }
  addLanes(sums, a0); addLanes(sums + 16, a1); addLanes(sums + 32, a2);
  addLanes(sums + 48, b0); addLanes(sums + 64, b1); addLanes(sums + 80, b2); addLanes(sums + 96, b3); addLanes(sums + 112, b4);
  let c0 = none(), c1 = none(), c2 = none(), c3 = none(), c4 = none(), sum = none();
  const one = i16x8.splat(1);
  for (let p = line, below = line + 2 * row - 2 * PIXEL; p < end; p += QUAD, below += QUAD) {
    const v = v128.load(p);
    c0 = dot(c0, v, v128.load(below)); c1 = dot(c1, v, v128.load(below, 2)); c2 = dot(c2, v, v128.load(below, 4));
    c3 = dot(c3, v, v128.load(below, 6)); c4 = dot(c4, v, v128.load(below, 8));
    sum = dot(sum, v, one);
  }
  addLanes(sums + 128, c0); addLanes(sums + 144, c1); addLanes(sums + 160, c2); addLanes(sums + 176, c3);
  addLanes(sums + 192, c4); addLanes(sums + 208, sum);
}

@inline
function none(): v128 {
  return i32x4.splat(0);
}

/** acc + the products of eight neighbours, summed in pairs. */
@inline
function dot(acc: v128, v: v128, w: v128): v128 {
  return i32x4.add(acc, i32x4.dot_i16x8_s(v, w));
}

/** Adds four lanes of 32 bits to two f64. */
@inline
function addLanes(address: usize, v: v128): void {
  const high = i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15);
  const both = f64x2.add(f64x2.convert_low_i32x4_s(v), f64x2.convert_low_i32x4_s(high));
  v128.store(address, f64x2.add(v128.load(address), both));
}

/** Adds the sums of a line of pixels, which are `step` bytes apart and followed by two zeros. */
function addLine(line: usize, step: usize, length: i32, sums: usize): void {
  let sum = 0, s0 = 0, s1 = 0, s2 = 0;
  let x: i32 = load<u16>(line), next: i32 = load<u16>(line + step);
  for (let i = 0; i < length; i++) {
    const after: i32 = load<u16>(line + 2 * step);
    sum += x; s0 += x * x; s1 += x * next; s2 += x * after;
    x = next;
    next = after;
    line += step;
  }
  add(sums, sum); add(sums + DOUBLE, s0); add(sums + 2 * DOUBLE, s1); add(sums + 3 * DOUBLE, s2);
}

@inline
function addCorner(pixel: usize, sums: usize): void {
  const x: i32 = load<u16>(pixel);
  add(sums, x); add(sums + DOUBLE, x * x);
}

@inline
function add(address: usize, value: i32): void {
  store<f64>(address, load<f64>(address) + <f64>value);
}
