/**
 * Eigenvalues and eigenvectors of a symmetric matrix by Jacobi rotations, which are accurate, and fast enough for the
 * few dimensions of a search space. Source: Golub and Van Loan 2013, "Matrix computations", section 8.5.
 */

export interface Eigen {
  /** f64[d], unsorted. */
  readonly values: Float64Array;
  /** f64[d, d] in row-major order. Column k is the eigenvector of value k. Orthonormal. */
  readonly vectors: Float64Array;
}

const mostSweeps = 50;

/** @param matrix symmetric, f64[d, d]; it is not changed */
export function eigen(matrix: Float64Array, d: number): Eigen {
  const a = matrix.slice();
  const vectors = new Float64Array(d * d);
  for (let i = 0; i < d; i++) vectors[i * d + i] = 1;
  for (let sweep = 0; sweep < mostSweeps && !isDiagonal(a, d); sweep++) {
    for (let p = 0; p < d - 1; p++) {
      for (let q = p + 1; q < d; q++) if (a[p * d + q] !== 0) rotate(a, vectors, d, p, q);
    }
  }
  return { values: Float64Array.from({ length: d }, (_, i) => a[i * d + i]), vectors };
}

/** A ← Jᵀ A J and V ← V J with the rotation J in the plane of p and q that makes A[p, q] zero. */
function rotate(a: Float64Array, vectors: Float64Array, d: number, p: number, q: number): void {
  const ratio = (a[q * d + q] - a[p * d + p]) / (2 * a[p * d + q]);
  // The smaller of the two possible angles.
  const tangent = (ratio < 0 ? -1 : 1) / (Math.abs(ratio) + Math.hypot(1, ratio));
  const cosine = 1 / Math.hypot(1, tangent);
  const sine = tangent * cosine;
  for (let k = 0; k < d; k++) turn(a, k * d + p, k * d + q, cosine, sine);
  for (let k = 0; k < d; k++) turn(a, p * d + k, q * d + k, cosine, sine);
  for (let k = 0; k < d; k++) turn(vectors, k * d + p, k * d + q, cosine, sine);
  [a[p * d + q], a[q * d + p]] = [0, 0];
}

function turn(a: Float64Array, i: number, j: number, cosine: number, sine: number): void {
  [a[i], a[j]] = [cosine * a[i] - sine * a[j], sine * a[i] + cosine * a[j]];
}

/** Whether the off-diagonal elements are smaller than the rounding error of the diagonal. */
function isDiagonal(a: Float64Array, d: number): boolean {
  let [on, off] = [0, 0];
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      if (i === j) on += a[i * d + j] ** 2;
      else off += a[i * d + j] ** 2;
    }
  }
  return off <= Number.EPSILON ** 2 * on;
}
