/**
 * Matrix product C[M][N] += A[M][K] · B[K][N] for dense layers and convolutions, forward and both gradients.
 *
 *   A        any strides (bytes from row to row and from column to column): a transpose costs nothing
 *   panels   B packed as [N / 8][K][8], zero-padded: one panel streams through the cache while a tile of C stays in registers
 *   C        rows `cRow` bytes apart, room for whole quads
 */
import { FLOAT, QUAD, addToDoubles, madd, splat, zero } from './simd';

/** Packs B (any strides) into panels; columns at or beyond `columns` become 0. */
export function packPanels(b: usize, bRow: usize, bColumn: usize, rows: i32, columns: i32, panels: usize): void {
  for (let n = 0; n < columns; n += 8) {
    let row = b;
    for (let k = 0; k < rows; k++) {
      let from = row;
      for (let j = 0; j < 8; j++) {
        store<f32>(panels, n + j < columns ? load<f32>(from) : 0);
        panels += FLOAT;
        from += bColumn;
      }
      row += bRow;
    }
    b += 8 * bColumn;
  }
}

/** C += A · panels, with `quads` = ⌈N / 4⌉. */
export function multiplyAdd(
  a: usize, aRow: usize, aColumn: usize, panels: usize, c: usize, cRow: usize, m: i32, k: i32, quads: i32,
): void {
  product(true, a, aRow, aColumn, panels, 2 * QUAD, <usize>k * 2 * QUAD, c, cRow, m, k, quads);
}

/** C = A · B, with B in rows `bRow` bytes apart. */
export function multiply(
  a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, c: usize, cRow: usize, m: i32, k: i32, quads: i32,
): void {
  product(false, a, aRow, aColumn, b, bRow, 2 * QUAD, c, cRow, m, k, quads);
}

/** C += A · B, with B in rows `bRow` bytes apart. */
export function multiplyAddRows(
  a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, c: usize, cRow: usize, m: i32, k: i32, quads: i32,
): void {
  product(true, a, aRow, aColumn, b, bRow, 2 * QUAD, c, cRow, m, k, quads);
}

/** Tiles of four rows by two quads, eight accumulators; then what is left over. `bPair` bytes lead to the next two quads of B. */
@inline
function product(
  accumulate: bool, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, bPair: usize,
  c: usize, cRow: usize, m: i32, k: i32, quads: i32,
): void {
  const length: usize = <usize>k * bRow;
  let q = 0;
  for (; q <= quads - 2; q += 2) {
    let from = a, to = c + <usize>q * QUAD, i = 0;
    for (; i <= m - 4; i += 4) {
      let x0 = from, x1 = x0 + aRow, x2 = x1 + aRow, x3 = x2 + aRow;
      const t1 = to + cRow, t2 = t1 + cRow, t3 = t2 + cRow;
      let c00 = zero(), c01 = zero(), c10 = zero(), c11 = zero(), c20 = zero(), c21 = zero(), c30 = zero(), c31 = zero();
      if (accumulate) {
        c00 = v128.load(to); c01 = v128.load(to, 16); c10 = v128.load(t1); c11 = v128.load(t1, 16);
        c20 = v128.load(t2); c21 = v128.load(t2, 16); c30 = v128.load(t3); c31 = v128.load(t3, 16);
      }
      let row = b;
      const end = b + length;
      while (row < end) {
        const b0 = v128.load(row), b1 = v128.load(row, 16);
        let s = splat(x0); c00 = madd(c00, s, b0); c01 = madd(c01, s, b1);
        s = splat(x1); c10 = madd(c10, s, b0); c11 = madd(c11, s, b1);
        s = splat(x2); c20 = madd(c20, s, b0); c21 = madd(c21, s, b1);
        s = splat(x3); c30 = madd(c30, s, b0); c31 = madd(c31, s, b1);
        x0 += aColumn; x1 += aColumn; x2 += aColumn; x3 += aColumn;
        row += bRow;
      }
      v128.store(to, c00); v128.store(to, c01, 16); v128.store(t1, c10); v128.store(t1, c11, 16);
      v128.store(t2, c20); v128.store(t2, c21, 16); v128.store(t3, c30); v128.store(t3, c31, 16);
      from += 4 * aRow;
      to += 4 * cRow;
    }
    for (; i < m; i++) {
      let x = from, c0 = zero(), c1 = zero(), row = b;
      if (accumulate) { c0 = v128.load(to); c1 = v128.load(to, 16); }
      const end = b + length;
      while (row < end) {
        const s = splat(x);
        c0 = madd(c0, s, v128.load(row)); c1 = madd(c1, s, v128.load(row, 16));
        x += aColumn;
        row += bRow;
      }
      v128.store(to, c0); v128.store(to, c1, 16);
      from += aRow;
      to += cRow;
    }
    b += bPair;
  }
  if (q < quads) {
    let from = a, to = c + <usize>q * QUAD, i = 0;
    for (; i <= m - 4; i += 4) {
      let x0 = from, x1 = x0 + aRow, x2 = x1 + aRow, x3 = x2 + aRow;
      const t1 = to + cRow, t2 = t1 + cRow, t3 = t2 + cRow;
      let c0 = zero(), c1 = zero(), c2 = zero(), c3 = zero();
      if (accumulate) { c0 = v128.load(to); c1 = v128.load(t1); c2 = v128.load(t2); c3 = v128.load(t3); }
      let row = b;
      const end = b + length;
      while (row < end) {
        const b0 = v128.load(row);
        c0 = madd(c0, splat(x0), b0); c1 = madd(c1, splat(x1), b0);
        c2 = madd(c2, splat(x2), b0); c3 = madd(c3, splat(x3), b0);
        x0 += aColumn; x1 += aColumn; x2 += aColumn; x3 += aColumn;
        row += bRow;
      }
      v128.store(to, c0); v128.store(t1, c1); v128.store(t2, c2); v128.store(t3, c3);
      from += 4 * aRow;
      to += 4 * cRow;
    }
    for (; i < m; i++) {
      let x = from, c0 = zero(), row = b;
      if (accumulate) c0 = v128.load(to);
      const end = b + length;
      while (row < end) {
        c0 = madd(c0, splat(x), v128.load(row));
        x += aColumn;
        row += bRow;
      }
      v128.store(to, c0);
      from += aRow;
      to += cRow;
    }
  }
}

/** Every row of C becomes the same `quads` quads (a bias, before products are added). */
export function fillRows(row: usize, c: usize, cRow: usize, rows: i32, quads: i32): void {
  for (let i = 0; i < rows; i++) {
    memory.copy(c, row, <usize>quads * QUAD);
    c += cRow;
  }
}

/** sums[N] += Σ over rows of C, in f64. */
export function addRows(c: usize, cRow: usize, rows: i32, quads: i32, sums: usize): void {
  for (let q = 0; q < quads; q++) {
    let sum = zero(),
      from = c + <usize>q * QUAD;
    for (let i = 0; i < rows; i++) {
      sum = f32x4.add(sum, v128.load(from));
      from += cRow;
    }
    addToDoubles(sums, sum);
    sums += 2 * QUAD;
  }
}
