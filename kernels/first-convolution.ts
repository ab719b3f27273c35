/**
 * The first layer of a network on grey images: 3×3 'same' convolution of one channel, fused with what follows, so
 * that its output, the largest map of the network, is never stored.
 *
 *   input    [B][H + 2][W + 2]         with a zero halo, rows `inputRow`, images `inputImage` bytes apart
 *   weights  [quad][tap][4]            tap = 3·ky + kx
 *
 * Batch statistics and the dense part of the weight gradient follow without a convolution from the Gram matrix of the
 * 3×3 patches (patch-gram.ts).
 */
import { lineBytes, transformColumn, transformImage } from './convolution';
import { FLOAT, QUAD, addToDoubles, madd, splat, zero } from './simd';

const COEFFICIENTS: usize = 4 * QUAD;
/** Columns of a quad's weights: 4 points of 3. */
const COLUMNS: usize = 12 * QUAD;

/**
 * Convolution → batch norm → ReLU → 2×2 max pooling. `winners`, u32 [B][height][width][quads][4], receives for every
 * window the distance in bytes between the patches of its first pixel and of its winner in the input. The rule of the
 * winner and `scales` are those of pooling.ts. `input` points at the corner of the halo. The pooled size is height ×
 * width, with an even width. The convolution is F(2, 3) down the columns, as in convolution.ts. `scratch` has room for
 * the columns of the weights, f32 [quads][4][3][4], and for the lines of an image.
 */
export function convolveNormReluPool(
  input: usize, inputRow: usize, inputImage: usize, weights: usize, scratch: usize, scales: usize,
  winners: usize, output: usize, outputRow: usize, outputImage: usize,
  height: i32, width: i32, quads: i32, images: i32,
): void {
  convolveAndPool(
    true, input, inputRow, inputImage, weights, scratch, scales,
    winners, output, outputRow, outputImage, height, width, quads, images,
  );
}

/** The same without winners, for passes without a backward pass. */
export function convolveNormReluPoolForward(
  input: usize, inputRow: usize, inputImage: usize, weights: usize, scratch: usize, scales: usize,
  output: usize, outputRow: usize, outputImage: usize, height: i32, width: i32, quads: i32, images: i32,
): void {
  convolveAndPool(
    false, input, inputRow, inputImage, weights, scratch, scales,
    0, output, outputRow, outputImage, height, width, quads, images,
  );
}

/** Where a scale is negative it flips the sign of scale and weights, so that the largest value always wins. */
@inline
function convolveAndPool(
  keepsWinners: bool,
  input: usize, inputRow: usize, inputImage: usize, weights: usize, scratch: usize, scales: usize,
  winners: usize, output: usize, outputRow: usize, outputImage: usize,
  height: i32, width: i32, quads: i32, images: i32,
): void {
  const pooledImage: usize = <usize>quads * QUAD * <usize>width * <usize>height;
  const columns = scratch, lines = scratch + <usize>quads * COLUMNS;
  for (let q: usize = 0; q < <usize>quads; q++) {
    const signed = v128.load(scales + q * COEFFICIENTS), sign = v128.xor(signed, f32x4.abs(signed));
    const u = columns + q * COLUMNS;
    for (let kx: usize = 0; kx < 3 * QUAD; kx += QUAD) {
      transformColumn(weights + q * 9 * QUAD + kx, 3 * QUAD, u + kx, 3 * QUAD);
    }
    for (let at = u; at < u + COLUMNS; at += QUAD) v128.store(at, v128.xor(v128.load(at), sign));
  }
  for (let n = 0; n < images; n++) {
    transformImage(input, inputRow, lines, 2 * height);
    for (let q: usize = 0; q < <usize>quads; q++) {
      const scale = f32x4.abs(v128.load(scales + q * COEFFICIENTS)), shift = v128.load(scales + q * COEFFICIENTS, 16);
      const flat = f32x4.eq(scale, zero());
      const u = columns + q * COLUMNS, winner = winners + q * QUAD, to = output + q * QUAD;
      if (v128.any_true(flat)) {
        poolImage(keepsWinners, true, flat, lines, u, inputRow, scale, shift, winner, to, outputRow, height, width, quads);
      } else {
        poolImage(keepsWinners, false, flat, lines, u, inputRow, scale, shift, winner, to, outputRow, height, width, quads);
      }
    }
    input += inputImage;
    winners += pooledImage;
    output += outputImage;
  }
}

/** One quad of one image. Two rows a and b of four convolved pixels, two windows, are eight accumulators. */
@inline
function poolImage(
  keepsWinners: bool, hasFlat: bool, flat: v128, lines: usize, columns: usize, inputRow: usize,
  scale: v128, shift: v128, winner: usize, output: usize, outputRow: usize, height: i32, width: i32, quads: i32,
): void {
  const pixel: usize = <usize>quads * QUAD;
  const line = lineBytes(inputRow);
  for (let r = 0; r < height; r++) {
    let v = lines, to = output;
    for (let c = 0; c < width; c += 2) {
      let a0 = zero(), a1 = zero(), a2 = zero(), a3 = zero(), b0 = zero(), b1 = zero(), b2 = zero(), b3 = zero();
      let w0 = v128.load(columns, 48), w1 = v128.load(columns, 64), w2 = v128.load(columns, 80);
      let p = v + line, s = splat(p);
      a0 = madd(a0, s, w0); s = splat(p + 4);
      a0 = madd(a0, s, w1); a1 = madd(a1, s, w0); s = splat(p + 8);
      a0 = madd(a0, s, w2); a1 = madd(a1, s, w1); a2 = madd(a2, s, w0); s = splat(p + 12);
      a1 = madd(a1, s, w2); a2 = madd(a2, s, w1); a3 = madd(a3, s, w0); s = splat(p + 16);
      a2 = madd(a2, s, w2); a3 = madd(a3, s, w1); s = splat(p + 20);
      a3 = madd(a3, s, w2);
      w0 = v128.load(columns, 96); w1 = v128.load(columns, 112); w2 = v128.load(columns, 128);
      p += line; s = splat(p);
      b0 = madd(b0, s, w0); s = splat(p + 4);
      b0 = madd(b0, s, w1); b1 = madd(b1, s, w0); s = splat(p + 8);
      b0 = madd(b0, s, w2); b1 = madd(b1, s, w1); b2 = madd(b2, s, w0); s = splat(p + 12);
      b1 = madd(b1, s, w2); b2 = madd(b2, s, w1); b3 = madd(b3, s, w0); s = splat(p + 16);
      b2 = madd(b2, s, w2); b3 = madd(b3, s, w1); s = splat(p + 20);
      b3 = madd(b3, s, w2);
      let sum = f32x4.add(a0, b0); b0 = f32x4.sub(a0, b0); a0 = sum;
      sum = f32x4.add(a1, b1); b1 = f32x4.sub(a1, b1); a1 = sum;
      sum = f32x4.add(a2, b2); b2 = f32x4.sub(a2, b2); a2 = sum;
      sum = f32x4.add(a3, b3); b3 = f32x4.sub(a3, b3); a3 = sum;
      w0 = v128.load(columns); w1 = v128.load(columns, 16); w2 = v128.load(columns, 32);
      p = v; s = splat(p);
      a0 = madd(a0, s, w0); s = splat(p + 4);
      a0 = madd(a0, s, w1); a1 = madd(a1, s, w0); s = splat(p + 8);
      a0 = madd(a0, s, w2); a1 = madd(a1, s, w1); a2 = madd(a2, s, w0); s = splat(p + 12);
      a1 = madd(a1, s, w2); a2 = madd(a2, s, w1); a3 = madd(a3, s, w0); s = splat(p + 16);
      a2 = madd(a2, s, w2); a3 = madd(a3, s, w1); s = splat(p + 20);
      a3 = madd(a3, s, w2);
      w0 = v128.load(columns, 144); w1 = v128.load(columns, 160); w2 = v128.load(columns, 176);
      p += 3 * line; s = splat(p);
      b0 = madd(b0, s, w0); s = splat(p + 4);
      b0 = madd(b0, s, w1); b1 = madd(b1, s, w0); s = splat(p + 8);
      b0 = madd(b0, s, w2); b1 = madd(b1, s, w1); b2 = madd(b2, s, w0); s = splat(p + 12);
      b1 = madd(b1, s, w2); b2 = madd(b2, s, w1); b3 = madd(b3, s, w0); s = splat(p + 16);
      b2 = madd(b2, s, w2); b3 = madd(b3, s, w1); s = splat(p + 20);
      b3 = madd(b3, s, w2);
      poolWindow(keepsWinners, hasFlat, flat, a0, a1, b0, b1, inputRow, scale, shift, winner, to);
      winner += pixel; to += pixel;
      poolWindow(keepsWinners, hasFlat, flat, a2, a3, b2, b3, inputRow, scale, shift, winner, to);
      winner += pixel; to += pixel;
      v += 4 * FLOAT;
    }
    lines += 4 * line;
    output += outputRow;
  }
}

/** The first of equal values wins. For scale 0 all values are equal after the norm. */
@inline
function poolWindow(
  keepsWinners: bool, hasFlat: bool, flat: v128, v00: v128, v01: v128, v10: v128, v11: v128,
  inputRow: usize, scale: v128, shift: v128, winner: usize, to: usize,
): void {
  const top = f32x4.pmax(v00, v01), bottom = f32x4.pmax(v10, v11);
  if (keepsWinners) {
    const isBottom = f32x4.gt(bottom, top);
    const isRight = v128.bitselect(f32x4.gt(v11, v10), f32x4.gt(v01, v00), isBottom);
    const right = v128.and(isRight, i32x4.splat(<i32>FLOAT)), down = v128.and(isBottom, i32x4.splat(<i32>inputRow));
    const offset = v128.or(right, down);
    v128.store(winner, hasFlat ? v128.andnot(offset, flat) : offset);
  }
  // pmax(a, 0) keeps a NaN in a; pmax(0, a) would hide it.
  v128.store(to, f32x4.pmax(madd(shift, f32x4.pmax(top, bottom), scale), zero()));
}

/**
 * ReLU's part of the backward pass: zeroes `gradient` f32 [B][height][width][quads][4] where the output is 0, and adds
 * the sum of what is left of every channel to `sums`: f64 [quad][4 + 4], the second four of which it leaves alone.
 */
export function maskPooledGradient(
  output: usize, outputRow: usize, outputImage: usize, gradient: usize,
  height: i32, width: i32, quads: i32, images: i32, sums: usize,
): void {
  const pixel: usize = <usize>quads * QUAD, row: usize = <usize>width * pixel;
  for (let n = 0; n < images; n++) {
    for (let q = 0; q < quads; q++) {
      let sum = zero(), outRow = output + <usize>q * QUAD, g = gradient + <usize>q * QUAD;
      for (let r = 0; r < height; r++) {
        const end = outRow + row;
        for (let out = outRow; out < end; out += pixel) {
          const masked = v128.and(v128.load(g), f32x4.gt(v128.load(out), zero()));
          v128.store(g, masked);
          sum = f32x4.add(sum, masked);
          g += pixel;
        }
        outRow += outputRow;
      }
      addToDoubles(sums + <usize>q * 4 * QUAD, sum);
    }
    output += outputImage;
    gradient += row * <usize>height;
  }
}

/**
 * The part of the weight gradient from the winners: adds gradient · (patch of the winner) to `sums`, f64
 * [quad][channel][ky][4], with the lanes kx = 0, 1, 2 and an unused one.
 */
export function winnersWeightGradient(
  input: usize, inputRow: usize, inputImage: usize, gradient: usize, winners: usize,
  height: i32, width: i32, quads: i32, images: i32, sums: usize,
): void {
  const pixel: usize = <usize>quads * QUAD;
  for (let n = 0; n < images; n++) {
    for (let q: usize = 0; q < <usize>quads; q++) {
      let a0 = zero(), a1 = zero(), a2 = zero(), b0 = zero(), b1 = zero(), b2 = zero();
      let c0 = zero(), c1 = zero(), c2 = zero(), d0 = zero(), d1 = zero(), d2 = zero();
      let g = gradient + q * QUAD, winner = winners + q * QUAD, row = input;
      for (let r = 0; r < height; r++) {
        const end = row + <usize>width * 2 * FLOAT;
        for (let window = row; window < end; window += 2 * FLOAT) {
          let x = window + <usize>load<u32>(winner), s = splat(g);
          a0 = madd(a0, v128.load(x), s); x += inputRow; a1 = madd(a1, v128.load(x), s); x += inputRow; a2 = madd(a2, v128.load(x), s);
          x = window + <usize>load<u32>(winner, 4); s = splat(g + 4);
          b0 = madd(b0, v128.load(x), s); x += inputRow; b1 = madd(b1, v128.load(x), s); x += inputRow; b2 = madd(b2, v128.load(x), s);
          x = window + <usize>load<u32>(winner, 8); s = splat(g + 8);
          c0 = madd(c0, v128.load(x), s); x += inputRow; c1 = madd(c1, v128.load(x), s); x += inputRow; c2 = madd(c2, v128.load(x), s);
          x = window + <usize>load<u32>(winner, 12); s = splat(g + 12);
          d0 = madd(d0, v128.load(x), s); x += inputRow; d1 = madd(d1, v128.load(x), s); x += inputRow; d2 = madd(d2, v128.load(x), s);
          g += pixel; winner += pixel;
        }
        row += 2 * inputRow;
      }
      const to = sums + q * 24 * QUAD;
      addToDoubles(to, a0); addToDoubles(to + 32, a1); addToDoubles(to + 64, a2);
      addToDoubles(to + 96, b0); addToDoubles(to + 128, b1); addToDoubles(to + 160, b2);
      addToDoubles(to + 192, c0); addToDoubles(to + 224, c1); addToDoubles(to + 256, c2);
      addToDoubles(to + 288, d0); addToDoubles(to + 320, d1); addToDoubles(to + 352, d2);
    }
    const pooled: usize = pixel * <usize>width * <usize>height;
    input += inputImage;
    gradient += pooled;
    winners += pooled;
  }
}
