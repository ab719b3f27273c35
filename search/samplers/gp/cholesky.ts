/**
 * The Cholesky factor of a symmetric positive definite matrix, K = L Lᵀ, and what follows from it. Matrices are
 * f64[n, n] row by row, n given; of L the lower triangle alone is read.
 */

/**
 * Overwrites the lower triangle of K with L; the upper one is left as it is.
 * @returns false if K is not positive definite to the precision of float64
 */
export function factorize(matrix: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      const rest = matrix[i * n + j] - dot(matrix, i * n, matrix, j * n, j);
      if (i === j && !(rest > 0)) return false;
      matrix[i * n + j] = i === j ? Math.sqrt(rest) : rest / matrix[j * n + j];
    }
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

/** K⁻¹ = L⁻ᵀ L⁻¹, its lower triangle; the upper one is undefined. */
export function inverse(factor: Float64Array, n: number): Float64Array {
  // Row j holds column j of L⁻¹, so that all sums run along rows.
  const columns = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      const sum = dot(factor, i * n + j, columns, j * n + j, i - j);
      columns[j * n + i] = (Number(i === j) - sum) / factor[i * n + i];
    }
  }
  const result = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) result[i * n + j] = dot(columns, i * n + i, columns, j * n + i, n - i);
  }
  return result;
}

/** Σ a[aStart + i] b[bStart + i] over `length` terms; four sums, since each addition waits for the one before. */
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
