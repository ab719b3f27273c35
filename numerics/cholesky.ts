/**
 * The Cholesky factorization K = L Lᵀ of a symmetric positive definite matrix, solutions and the inverse. Matrices are
 * f64[n, n] in row-major order. Only the lower triangle of L is read.
 */

/**
 * Overwrites the lower triangle of K with L. The upper triangle is not changed.
 * @returns false if K is not positive definite to the precision of float64
 */
export function factorize(matrix: Float64Array, n: number): boolean {
  for (let j = 0; j < n; j++) {
    const row = j * n;
    const rest = matrix[row + j] - dot(matrix, row, matrix, row, j);
    if (!(rest > 0)) return false;
    const pivot = Math.sqrt(rest);
    matrix[row + j] = pivot;
    let i = j + 1;
    // Four rows at a time share the loads of row j.
    for (; i + 3 < n; i += 4) {
      const [row0, row1, row2, row3] = [i * n, (i + 1) * n, (i + 2) * n, (i + 3) * n];
      let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
      for (let k = 0; k < j; k++) {
        const x = matrix[row + k];
        sum0 += matrix[row0 + k] * x;
        sum1 += matrix[row1 + k] * x;
        sum2 += matrix[row2 + k] * x;
        sum3 += matrix[row3 + k] * x;
      }
      matrix[row0 + j] = (matrix[row0 + j] - sum0) / pivot;
      matrix[row1 + j] = (matrix[row1 + j] - sum1) / pivot;
      matrix[row2 + j] = (matrix[row2 + j] - sum2) / pivot;
      matrix[row3 + j] = (matrix[row3 + j] - sum3) / pivot;
    }
    for (; i < n; i++) matrix[i * n + j] = (matrix[i * n + j] - dot(matrix, i * n, matrix, row, j)) / pivot;
  }
  return true;
}

/** Overwrites b with L⁻¹ b. */
export function solveLower(factor: Float64Array, n: number, b: Float64Array): void {
  for (let i = 0; i < n; i++) b[i] = (b[i] - dot(factor, i * n, b, 0, i)) / factor[i * n + i];
}

/** Overwrites b with L⁻ᵀ b. */
export function solveUpper(factor: Float64Array, n: number, b: Float64Array): void {
  for (let i = n - 1; i >= 0; i--) {
    const row = i * n;
    const x = b[i] / factor[row + i];
    b[i] = x;
    for (let j = 0; j < i; j++) b[j] -= factor[row + j] * x;
  }
}

/**
 * Computes the lower triangle of K⁻¹ = L⁻ᵀ L⁻¹. The upper triangle is undefined.
 * @param lower receives L⁻¹, f64[n, n], with 0 above the diagonal
 * @param result receives K⁻¹, f64[n, n]
 */
export function inverse(
  factor: Float64Array,
  n: number,
  lower: Float64Array = new Float64Array(n * n),
  result: Float64Array = new Float64Array(n * n),
): Float64Array {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    lower.fill(0, row, row + i);
    let k = 0;
    for (; k + 3 < i; k += 4) {
      const from = row + k;
      addFourRows(
        lower,
        row,
        k + 4,
        lower,
        k * n,
        n,
        -factor[from],
        -factor[from + 1],
        -factor[from + 2],
        -factor[from + 3],
      );
    }
    for (; k < i; k++) addRow(lower, row, k + 1, lower, k * n, -factor[row + k]);
    for (let j = 0; j < i; j++) lower[row + j] /= factor[row + i];
    lower[row + i] = 1 / factor[row + i];
  }
  result.fill(0);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    let k = i;
    for (; k + 3 < n; k += 4) {
      const at = k * n + i;
      addFourRows(result, row, i + 1, lower, k * n, n, lower[at], lower[at + n], lower[at + 2 * n], lower[at + 3 * n]);
    }
    for (; k < n; k++) addRow(result, row, i + 1, lower, k * n, lower[k * n + i]);
  }
  return result;
}

/**
 * target[at + j] += Σ_r f_r rows[row + r n + j] for j < length, with four rows for each load and store of the target.
 */
function addFourRows(
  target: Float64Array,
  at: number,
  length: number,
  rows: Float64Array,
  row: number,
  n: number,
  f0: number,
  f1: number,
  f2: number,
  f3: number,
): void {
  const [row1, row2, row3] = [row + n, row + 2 * n, row + 3 * n];
  for (let j = 0; j < length; j++) {
    target[at + j] += f0 * rows[row + j] + f1 * rows[row1 + j] + f2 * rows[row2 + j] + f3 * rows[row3 + j];
  }
}

function addRow(target: Float64Array, at: number, length: number, rows: Float64Array, row: number, f: number): void {
  for (let j = 0; j < length; j++) target[at + j] += f * rows[row + j];
}

/** Σ a[aStart + i] b[bStart + i] over `length` terms, in four independent sums for speed. */
export function dot(a: Float64Array, aStart: number, b: Float64Array, bStart: number, length: number): number {
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < length; i += 4) {
    sum0 += a[aStart + i] * b[bStart + i];
    sum1 += a[aStart + i + 1] * b[bStart + i + 1];
    sum2 += a[aStart + i + 2] * b[bStart + i + 2];
    sum3 += a[aStart + i + 3] * b[bStart + i + 3];
  }
  for (; i < length; i++) sum0 += a[aStart + i] * b[bStart + i];
  return sum0 + sum1 + (sum2 + sum3);
}
