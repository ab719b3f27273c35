/**
 * The first layer of a network on grey images: 3×3 'same' convolution of one channel, fused with what follows, so
 * that its output, the largest map of the network, is never stored.
 *
 *   input    [B][H + 2][W + 2]         with a zero halo, rows `inputRow`, images `inputImage` bytes apart
 *   weights  [quad][tap][4]            tap = 3·ky + kx
 *
 * Batch statistics and the dense part of the weight gradient follow from the Gram matrix of the 3×3 patches, the sums
 * of x[p + t] · x[p + u] over all pixels p; they need no convolution. Over a zero halo such a sum depends only on the
 * lag u − t, up to the first and last row and column that a shifted window leaves out.
 */
import { FLOAT, QUAD, madd, splat, zero } from './simd';

@inline
function sumOf(v: v128): f64 {
  const low = f64x2.promote_low_f32x4(v);
  const high = f64x2.promote_low_f32x4(i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
  const both = f64x2.add(low, high);
  return f64x2.extract_lane(both, 0) + f64x2.extract_lane(both, 1);
}

@inline
function add(address: usize, value: f64): void {
  store<f64>(address, load<f64>(address) + value);
}

/**
 * Adds the sums of B images to `sums`: f64 [14], Σ x[y, x] · x[y + dy, x + dx] over all pixels for
 * (dy, dx) = (0, 0…2), (1, −2…2), (2, −2…2), and Σ x[y, x]. `input` points at the first pixel; W is a multiple of 4.
 */
export function laggedProducts(
  input: usize, inputRow: usize, inputImage: usize, height: i32, width: i32, images: i32, sums: usize,
): void {
  for (let n = 0; n < images; n++) {
    let a0 = zero(), a1 = zero(), a2 = zero(), b0 = zero(), b1 = zero(), b2 = zero(), b3 = zero(), b4 = zero();
    let sum = zero();
    let row = input;
    for (let y = 0; y < height; y++) {
      let p = row, below = row + inputRow - 8;
      const end = p + <usize>width * FLOAT;
      while (p < end) {
        const v = v128.load(p);
        sum = f32x4.add(sum, v);
        a0 = madd(a0, v, v); a1 = madd(a1, v, v128.load(p, 4)); a2 = madd(a2, v, v128.load(p, 8));
        b0 = madd(b0, v, v128.load(below)); b1 = madd(b1, v, v128.load(below, 4)); b2 = madd(b2, v, v128.load(below, 8));
        b3 = madd(b3, v, v128.load(below, 12)); b4 = madd(b4, v, v128.load(below, 16));
        p += QUAD; below += QUAD;
      }
      row += inputRow;
    }
    add(sums, sumOf(a0)); add(sums + 8, sumOf(a1)); add(sums + 16, sumOf(a2));
    add(sums + 24, sumOf(b0)); add(sums + 32, sumOf(b1)); add(sums + 40, sumOf(b2));
    add(sums + 48, sumOf(b3)); add(sums + 56, sumOf(b4));
    // Five more, in a sweep of their own: with the eight above they would not fit into the registers.
    let c0 = zero(), c1 = zero(), c2 = zero(), c3 = zero(), c4 = zero();
    row = input;
    for (let y = 0; y < height - 2; y++) {
      let p = row, below = row + 2 * inputRow - 8;
      const end = p + <usize>width * FLOAT;
      while (p < end) {
        const v = v128.load(p);
        c0 = madd(c0, v, v128.load(below)); c1 = madd(c1, v, v128.load(below, 4)); c2 = madd(c2, v, v128.load(below, 8));
        c3 = madd(c3, v, v128.load(below, 12)); c4 = madd(c4, v, v128.load(below, 16));
        p += QUAD; below += QUAD;
      }
      row += inputRow;
    }
    add(sums + 64, sumOf(c0)); add(sums + 72, sumOf(c1)); add(sums + 80, sumOf(c2));
    add(sums + 88, sumOf(c3)); add(sums + 96, sumOf(c4)); add(sums + 104, sumOf(sum));
    input += inputImage;
  }
}

/**
 * Adds of one line of pixels, `step` bytes apart, in each of B images: Σ x, and Σ x[i] · x[i + lag] for lag 0, 1, 2, to
 * `sums`: f64 [4]. Two zeros must follow the line.
 */
export function lineProducts(line: usize, step: usize, inputImage: usize, length: i32, images: i32, sums: usize): void {
  for (let n = 0; n < images; n++) {
    let p = line, sum: f32 = 0, s0: f32 = 0, s1: f32 = 0, s2: f32 = 0;
    let x = load<f32>(p), next = load<f32>(p + step);
    for (let i = 0; i < length; i++) {
      const after = load<f32>(p + 2 * step);
      sum += x; s0 += x * x; s1 += x * next; s2 += x * after;
      x = next;
      next = after;
      p += step;
    }
    add(sums, sum); add(sums + 8, s0); add(sums + 16, s1); add(sums + 24, s2);
    line += inputImage;
  }
}

/**
 * Convolution → batch norm → ReLU → 2×2 max pooling. Of every window it keeps the convolution's value that won (`peak`,
 * f32 [B][height][width][quads][4]) and where (`winners`, u32, same shape): bytes from the patch of the window's first
 * pixel to the winner's in the input. Which value wins, and `scales`, as in pooling.ts. `input` points at the halo's
 * corner; `signed`, f32 [9][4], is scratch; height × width, with an even width, are pooled.
 */
export function convolveNormReluPool(
  input: usize, inputRow: usize, inputImage: usize, weights: usize, signed: usize, scales: usize,
  peak: usize, winners: usize, output: usize, outputRow: usize, outputImage: usize,
  height: i32, width: i32, quads: i32, images: i32,
): void {
  convolveAndPool(
    true, input, inputRow, inputImage, weights, signed, scales,
    peak, winners, output, outputRow, outputImage, height, width, quads, images,
  );
}

/** The same where no backward pass will ask for the winners. */
export function convolveNormReluPoolForward(
  input: usize, inputRow: usize, inputImage: usize, weights: usize, signed: usize, scales: usize,
  output: usize, outputRow: usize, outputImage: usize, height: i32, width: i32, quads: i32, images: i32,
): void {
  convolveAndPool(
    false, input, inputRow, inputImage, weights, signed, scales,
    0, 0, output, outputRow, outputImage, height, width, quads, images,
  );
}

/** Where a scale is negative, so are the `signed` weights: the largest value wins everywhere, and turned back it is y. */
@inline
function convolveAndPool(
  keepsWinners: bool,
  input: usize, inputRow: usize, inputImage: usize, weights: usize, signed: usize, scales: usize,
  peak: usize, winners: usize, output: usize, outputRow: usize, outputImage: usize,
  height: i32, width: i32, quads: i32, images: i32,
): void {
  const pooledImage: usize = <usize>quads * QUAD * <usize>width * <usize>height;
  for (let q = 0; q < quads; q++) {
    const at = <usize>q * QUAD;
    const scale = v128.load(scales + 4 * at), shift = v128.load(scales + 4 * at, 16);
    const sign = v128.and(scale, f32x4.splat(-0.0)), flat = f32x4.eq(scale, zero());
    for (let tap: usize = 0; tap < 9 * QUAD; tap += QUAD) {
      v128.store(signed + tap, v128.xor(v128.load(weights + 9 * at + tap), sign));
    }
    let from = input, best = peak + at, winner = winners + at, to = output + at;
    for (let n = 0; n < images; n++) {
      if (v128.any_true(flat)) {
        poolImage(
          keepsWinners, true, flat, from, inputRow, signed, sign, scale, shift,
          best, winner, to, outputRow, height, width, quads,
        );
      } else {
        poolImage(
          keepsWinners, false, flat, from, inputRow, signed, sign, scale, shift,
          best, winner, to, outputRow, height, width, quads,
        );
      }
      from += inputImage;
      best += pooledImage;
      winner += pooledImage;
      to += outputImage;
    }
  }
}

/** One quad of one image. Two rows of four convolved pixels, two windows, are eight accumulators. */
@inline
function poolImage(
  keepsWinners: bool, hasFlat: bool, flat: v128,
  input: usize, inputRow: usize, weights: usize, sign: v128, scale: v128, shift: v128,
  best: usize, winner: usize, output: usize, outputRow: usize, height: i32, width: i32, quads: i32,
): void {
  const pixel: usize = <usize>quads * QUAD;
  for (let r = 0; r < height; r++) {
    let corner = input, to = output;
    for (let c = 0; c < width; c += 2) {
      let a0 = zero(), a1 = zero(), a2 = zero(), a3 = zero(), b0 = zero(), b1 = zero(), b2 = zero(), b3 = zero();
      let above = corner, tap = weights;
      const end = tap + 9 * QUAD;
      while (tap < end) {
        const w0 = v128.load(tap), w1 = v128.load(tap, 16), w2 = v128.load(tap, 32);
        let p = above, s = splat(p);
        a0 = madd(a0, s, w0); p += 4; s = splat(p);
        a0 = madd(a0, s, w1); a1 = madd(a1, s, w0); p += 4; s = splat(p);
        a0 = madd(a0, s, w2); a1 = madd(a1, s, w1); a2 = madd(a2, s, w0); p += 4; s = splat(p);
        a1 = madd(a1, s, w2); a2 = madd(a2, s, w1); a3 = madd(a3, s, w0); p += 4; s = splat(p);
        a2 = madd(a2, s, w2); a3 = madd(a3, s, w1); p += 4; s = splat(p);
        a3 = madd(a3, s, w2);
        above += inputRow; p = above; s = splat(p);
        b0 = madd(b0, s, w0); p += 4; s = splat(p);
        b0 = madd(b0, s, w1); b1 = madd(b1, s, w0); p += 4; s = splat(p);
        b0 = madd(b0, s, w2); b1 = madd(b1, s, w1); b2 = madd(b2, s, w0); p += 4; s = splat(p);
        b1 = madd(b1, s, w2); b2 = madd(b2, s, w1); b3 = madd(b3, s, w0); p += 4; s = splat(p);
        b2 = madd(b2, s, w2); b3 = madd(b3, s, w1); p += 4; s = splat(p);
        b3 = madd(b3, s, w2);
        tap += 3 * QUAD;
      }
      poolWindow(keepsWinners, hasFlat, flat, a0, a1, b0, b1, inputRow, sign, scale, shift, best, winner, to);
      best += pixel; winner += pixel; to += pixel;
      poolWindow(keepsWinners, hasFlat, flat, a2, a3, b2, b3, inputRow, sign, scale, shift, best, winner, to);
      best += pixel; winner += pixel; to += pixel;
      corner += 4 * FLOAT;
    }
    input += 2 * inputRow;
    output += outputRow;
  }
}

/** The first of equal values wins; where the scale is 0, all are equal behind the norm. */
@inline
function poolWindow(
  keepsWinners: bool, hasFlat: bool, flat: v128, v00: v128, v01: v128, v10: v128, v11: v128,
  inputRow: usize, sign: v128, scale: v128, shift: v128, best: usize, winner: usize, to: usize,
): void {
  const top = f32x4.pmax(v00, v01), bottom = f32x4.pmax(v10, v11);
  let value = f32x4.pmax(top, bottom);
  if (hasFlat) value = v128.bitselect(v00, value, flat);
  value = v128.xor(value, sign);
  if (keepsWinners) {
    const isBottom = f32x4.gt(bottom, top);
    const isRight = v128.bitselect(f32x4.gt(v11, v10), f32x4.gt(v01, v00), isBottom);
    const offset = v128.or(
      v128.and(isRight, i32x4.splat(<i32>FLOAT)),
      v128.and(isBottom, i32x4.splat(<i32>inputRow)),
    );
    v128.store(best, value);
    v128.store(winner, hasFlat ? v128.andnot(offset, flat) : offset);
  }
  v128.store(to, f32x4.pmax(madd(shift, value, scale), zero()));
}

/**
 * The part of the weight gradient that comes through the winners: adds gradient · (patch of the winner) to
 * `sums`: f32 [quad][channel][ky][4], lanes kx = 0, 1, 2 and one that means nothing.
 */
export function winnersWeightGradient(
  input: usize, inputRow: usize, inputImage: usize, gradient: usize, winners: usize,
  height: i32, width: i32, quads: i32, images: i32, sums: usize,
): void {
  const pixel: usize = <usize>quads * QUAD;
  for (let n = 0; n < images; n++) {
    // Two channels a sweep: six accumulators; with twelve the registers do not suffice.
    for (let pair = 0; pair < 2 * quads; pair++) {
      const total = sums + <usize>pair * 6 * QUAD;
      let a0 = v128.load(total), a1 = v128.load(total, 16), a2 = v128.load(total, 32);
      let b0 = v128.load(total, 48), b1 = v128.load(total, 64), b2 = v128.load(total, 80);
      let g = gradient + <usize>pair * 2 * FLOAT, winner = winners + <usize>pair * 2 * FLOAT, row = input;
      for (let r = 0; r < height; r++) {
        let window = row;
        const end = window + <usize>width * 2 * FLOAT;
        while (window < end) {
          const x = window + <usize>load<u32>(winner), z = window + <usize>load<u32>(winner, 4);
          const s = splat(g), t = splat(g + 4);
          a0 = madd(a0, v128.load(x), s); a1 = madd(a1, v128.load(x + inputRow), s); a2 = madd(a2, v128.load(x + 2 * inputRow), s);
          b0 = madd(b0, v128.load(z), t); b1 = madd(b1, v128.load(z + inputRow), t); b2 = madd(b2, v128.load(z + 2 * inputRow), t);
          window += 2 * FLOAT; g += pixel; winner += pixel;
        }
        row += 2 * inputRow;
      }
      v128.store(total, a0); v128.store(total, a1, 16); v128.store(total, a2, 32);
      v128.store(total, b0, 48); v128.store(total, b1, 64); v128.store(total, b2, 80);
    }
    const pooled: usize = pixel * <usize>width * <usize>height;
    input += inputImage;
    gradient += pooled;
    winners += pooled;
  }
}
