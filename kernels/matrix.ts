/**
 * Matrix products C[M][N] = or += A[M][K] · B[K][N] for dense layers and convolutions, forward and both gradients.
 *
 *   A        any strides, in bytes between rows and between columns, so that a transpose costs nothing. Its rows and
 *            columns may be in groups, `outer…` bytes apart, as those of the patches of an image are
 *   panels   B packed in panels of three quads, the last ones of two or one, each as [K][quads][4], zero-padded. One
 *            panel streams through the cache while a tile of C stays in registers
 *   C        rows `cRow` bytes apart, with room for whole quads
 */
import { FLOAT, QUAD, addToDoubles, madd, splat, zero } from './simd';

/** Number of quads of the next panel if `left` remain: three, unless this would leave a single one. */
@inline
function panelQuads(left: i32): i32 {
  return left == 3 || left >= 5 ? 3 : left >= 2 ? 2 : 1;
}

/** Packs B (any strides) into panels; columns at or beyond `columns` become 0. */
export function packPanels(b: usize, bRow: usize, bColumn: usize, rows: i32, columns: i32, panels: usize): void {
  let left = (columns + 3) >> 2;
  for (let n = 0; n < columns;) {
    const quads = panelQuads(left), width = 4 * quads;
    let row = b;
    if (bColumn == FLOAT && n + width <= columns) {
      for (let k = 0; k < rows; k++) {
        for (let at: usize = 0; at < <usize>quads * QUAD; at += QUAD) v128.store(panels + at, v128.load(row + at));
        panels += <usize>quads * QUAD;
        row += bRow;
      }
    } else {
      for (let k = 0; k < rows; k++) {
        let from = row;
        for (let j = 0; j < width; j++) {
          store<f32>(panels, n + j < columns ? load<f32>(from) : 0);
          panels += FLOAT;
          from += bColumn;
        }
        row += bRow;
      }
    }
    b += <usize>width * bColumn;
    n += width;
    left -= quads;
  }
}

/** C = A · panels, with `quads` = ⌈N / 4⌉. */
export function multiply(
  a: usize, aRow: usize, aColumn: usize, panels: usize, c: usize, cRow: usize, m: i32, k: i32, quads: i32,
): void {
  product(false, a, aRow, aColumn, panels, 0, c, cRow, m, k, quads);
}

/** C = A · B, with B in rows `bRow` bytes apart. */
export function multiplyRows(
  a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, c: usize, cRow: usize, m: i32, k: i32, quads: i32,
): void {
  product(false, a, aRow, aColumn, b, bRow, c, cRow, m, k, quads);
}

/** C += A · B, with B in rows `bRow` bytes apart. */
export function multiplyAddRows(
  a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, c: usize, cRow: usize, m: i32, k: i32, quads: i32,
): void {
  product(true, a, aRow, aColumn, b, bRow, c, cRow, m, k, quads);
}

/**
 * C = or += A · panels, where A has `outerRows` groups of m rows and `outerColumns` groups of k columns. This is im2col
 * without the copy.
 */
export function multiplyPatches(
  accumulate: bool, a: usize, outerRows: i32, outerRow: usize, m: i32, aRow: usize,
  outerColumns: i32, outerColumn: usize, k: i32, aColumn: usize, panels: usize, c: usize, cRow: usize, quads: i32,
): void {
  for (let left = quads; left > 0;) {
    const width = panelQuads(left), bytes: usize = <usize>width * QUAD, group = <usize>k * bytes;
    let to = c, from = a;
    for (let i = 0; i < outerRows; i++) {
      let x = from, b = panels;
      for (let j = 0; j < outerColumns; j++) {
        const add = accumulate || j > 0;
        if (width == 3) threeQuads(add, x, aRow, aColumn, b, bytes, to, cRow, m, k);
        else if (width == 2) twoQuads(add, x, aRow, aColumn, b, bytes, to, cRow, m, k);
        else oneQuad(add, x, aRow, aColumn, b, bytes, to, cRow, m, k);
        x += outerColumn;
        b += group;
      }
      from += outerRow;
      to += <usize>m * cRow;
    }
    panels += <usize>outerColumns * group;
    c += bytes;
    left -= width;
  }
}

/** Panel by panel; B is packed in panels where `bRow` is 0. */
@inline
function product(
  accumulate: bool, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize,
  c: usize, cRow: usize, m: i32, k: i32, quads: i32,
): void {
  for (let left = quads; left > 0;) {
    const width = panelQuads(left), bytes: usize = <usize>width * QUAD;
    const row = bRow ? bRow : bytes;
    if (width == 3) threeQuads(accumulate, a, aRow, aColumn, b, row, c, cRow, m, k);
    else if (width == 2) twoQuads(accumulate, a, aRow, aColumn, b, row, c, cRow, m, k);
    else oneQuad(accumulate, a, aRow, aColumn, b, row, c, cRow, m, k);
    b += bRow ? bytes : <usize>k * bytes;
    c += bytes;
    left -= width;
  }
}

/** Tiles of three rows, nine accumulators: six loads for nine products. Then row by row. */
@inline
function threeQuads(
  accumulate: bool, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, c: usize, cRow: usize, m: i32, k: i32,
): void {
  const end = b + <usize>k * bRow;
  let i = 0;
  for (; i <= m - 3; i += 3) {
    let x0 = a, x1 = x0 + aRow, x2 = x1 + aRow;
    const t1 = c + cRow, t2 = t1 + cRow;
    let c00 = zero(), c01 = zero(), c02 = zero(), c10 = zero(), c11 = zero(), c12 = zero();
    let c20 = zero(), c21 = zero(), c22 = zero();
    if (accumulate) {
      c00 = v128.load(c); c01 = v128.load(c, 16); c02 = v128.load(c, 32);
      c10 = v128.load(t1); c11 = v128.load(t1, 16); c12 = v128.load(t1, 32);
      c20 = v128.load(t2); c21 = v128.load(t2, 16); c22 = v128.load(t2, 32);
    }
    for (let row = b; row < end; row += bRow) {
      const b0 = v128.load(row), b1 = v128.load(row, 16), b2 = v128.load(row, 32);
      let s = splat(x0); c00 = madd(c00, s, b0); c01 = madd(c01, s, b1); c02 = madd(c02, s, b2);
      s = splat(x1); c10 = madd(c10, s, b0); c11 = madd(c11, s, b1); c12 = madd(c12, s, b2);
      s = splat(x2); c20 = madd(c20, s, b0); c21 = madd(c21, s, b1); c22 = madd(c22, s, b2);
      x0 += aColumn; x1 += aColumn; x2 += aColumn;
    }
    v128.store(c, c00); v128.store(c, c01, 16); v128.store(c, c02, 32);
    v128.store(t1, c10); v128.store(t1, c11, 16); v128.store(t1, c12, 32);
    v128.store(t2, c20); v128.store(t2, c21, 16); v128.store(t2, c22, 32);
    a += 3 * aRow;
    c += 3 * cRow;
  }
  for (; i < m; i++) {
    let x = a, c0 = zero(), c1 = zero(), c2 = zero();
    if (accumulate) { c0 = v128.load(c); c1 = v128.load(c, 16); c2 = v128.load(c, 32); }
    for (let row = b; row < end; row += bRow) {
      const s = splat(x);
      c0 = madd(c0, s, v128.load(row)); c1 = madd(c1, s, v128.load(row, 16)); c2 = madd(c2, s, v128.load(row, 32));
      x += aColumn;
    }
    v128.store(c, c0); v128.store(c, c1, 16); v128.store(c, c2, 32);
    a += aRow;
    c += cRow;
  }
}

/** Tiles of four rows, eight accumulators. Then row by row. */
@inline
function twoQuads(
  accumulate: bool, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, c: usize, cRow: usize, m: i32, k: i32,
): void {
  const end = b + <usize>k * bRow;
  let i = 0;
  for (; i <= m - 4; i += 4) {
    let x0 = a, x1 = x0 + aRow, x2 = x1 + aRow, x3 = x2 + aRow;
    const t1 = c + cRow, t2 = t1 + cRow, t3 = t2 + cRow;
    let c00 = zero(), c01 = zero(), c10 = zero(), c11 = zero(), c20 = zero(), c21 = zero(), c30 = zero(), c31 = zero();
    if (accumulate) {
      c00 = v128.load(c); c01 = v128.load(c, 16); c10 = v128.load(t1); c11 = v128.load(t1, 16);
      c20 = v128.load(t2); c21 = v128.load(t2, 16); c30 = v128.load(t3); c31 = v128.load(t3, 16);
    }
    for (let row = b; row < end; row += bRow) {
      const b0 = v128.load(row), b1 = v128.load(row, 16);
      let s = splat(x0); c00 = madd(c00, s, b0); c01 = madd(c01, s, b1);
      s = splat(x1); c10 = madd(c10, s, b0); c11 = madd(c11, s, b1);
      s = splat(x2); c20 = madd(c20, s, b0); c21 = madd(c21, s, b1);
      s = splat(x3); c30 = madd(c30, s, b0); c31 = madd(c31, s, b1);
      x0 += aColumn; x1 += aColumn; x2 += aColumn; x3 += aColumn;
    }
    v128.store(c, c00); v128.store(c, c01, 16); v128.store(t1, c10); v128.store(t1, c11, 16);
    v128.store(t2, c20); v128.store(t2, c21, 16); v128.store(t3, c30); v128.store(t3, c31, 16);
    a += 4 * aRow;
    c += 4 * cRow;
  }
  for (; i < m; i++) {
    let x = a, c0 = zero(), c1 = zero();
    if (accumulate) { c0 = v128.load(c); c1 = v128.load(c, 16); }
    for (let row = b; row < end; row += bRow) {
      const s = splat(x);
      c0 = madd(c0, s, v128.load(row)); c1 = madd(c1, s, v128.load(row, 16));
      x += aColumn;
    }
    v128.store(c, c0); v128.store(c, c1, 16);
    a += aRow;
    c += cRow;
  }
}

/** Tiles of four rows, four accumulators. Then row by row. */
@inline
function oneQuad(
  accumulate: bool, a: usize, aRow: usize, aColumn: usize, b: usize, bRow: usize, c: usize, cRow: usize, m: i32, k: i32,
): void {
  const end = b + <usize>k * bRow;
  let i = 0;
  for (; i <= m - 4; i += 4) {
    let x0 = a, x1 = x0 + aRow, x2 = x1 + aRow, x3 = x2 + aRow;
    const t1 = c + cRow, t2 = t1 + cRow, t3 = t2 + cRow;
    let c0 = zero(), c1 = zero(), c2 = zero(), c3 = zero();
    if (accumulate) { c0 = v128.load(c); c1 = v128.load(t1); c2 = v128.load(t2); c3 = v128.load(t3); }
    for (let row = b; row < end; row += bRow) {
      const b0 = v128.load(row);
      c0 = madd(c0, splat(x0), b0); c1 = madd(c1, splat(x1), b0);
      c2 = madd(c2, splat(x2), b0); c3 = madd(c3, splat(x3), b0);
      x0 += aColumn; x1 += aColumn; x2 += aColumn; x3 += aColumn;
    }
    v128.store(c, c0); v128.store(t1, c1); v128.store(t2, c2); v128.store(t3, c3);
    a += 4 * aRow;
    c += 4 * cRow;
  }
  for (; i < m; i++) {
    let x = a, c0 = zero();
    if (accumulate) c0 = v128.load(c);
    for (let row = b; row < end; row += bRow) {
      c0 = madd(c0, splat(x), v128.load(row));
      x += aColumn;
    }
    v128.store(c, c0);
    a += aRow;
    c += cRow;
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
