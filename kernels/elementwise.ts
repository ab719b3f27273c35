/** Element-wise operations over dense memory of whole quads. They may be in place. */
import { FLOAT, QUAD, zero } from './simd';

/** output ← max(input, 0). A NaN stays NaN. */
export function relu(input: usize, output: usize, quads: i32): void {
  for (let i = 0; i < quads; i++) {
    v128.store(output, f32x4.pmax(v128.load(input), zero()));
    input += QUAD;
    output += QUAD;
  }
}

/** Zeroes the gradient where ReLU's output is not positive. */
export function reluGradient(output: usize, gradient: usize, quads: i32): void {
  for (let i = 0; i < quads; i++) {
    const on = f32x4.gt(v128.load(output), zero());
    v128.store(gradient, v128.and(v128.load(gradient), on));
    output += QUAD;
    gradient += QUAD;
  }
}

/** output ← a + b. */
export function add(a: usize, b: usize, output: usize, quads: i32): void {
  for (let i = 0; i < quads; i++) {
    v128.store(output, f32x4.add(v128.load(a), v128.load(b)));
    a += QUAD;
    b += QUAD;
    output += QUAD;
  }
}

/** Copies rows of `floats` floats that lie `fromRow` bytes apart to rows `toRow` bytes apart. */
export function copyRows(from: usize, fromRow: usize, to: usize, toRow: usize, rows: i32, floats: i32): void {
  for (let i = 0; i < rows; i++) {
    let j = 0;
    let at: usize = 0;
    for (; j <= floats - 4; j += 4, at += QUAD) v128.store(to + at, v128.load(from + at));
    for (; j < floats; j++, at += FLOAT) store<f32>(to + at, load<f32>(from + at));
    from += fromRow;
    to += toRow;
  }
}
