/**
 * The Matérn covariance function with ν = 5/2 and a length scale for each dimension ("automatic relevance determination"):
 * k(x, x′) = s² (1 + √5 r + 5r²/3) exp(−√5 r), r² = Σ_d δ_d / ℓ_d², where δ_d is the squared difference of numbers,
 * and 0 or 1 for equal or different categories.
 * Source: Rasmussen and Williams 2006, "Gaussian processes for machine learning", equations 4.17 and 5.1.
 */

/** A point: numbers in [0, 1], categories as indices. f64[d] */
export type Point = Float64Array;

/** Which dimensions hold categories. */
export type Categories = readonly boolean[];

export interface Hyperparameters {
  /** ℓ, one for each dimension, f64[d]. */
  readonly lengthScales: Float64Array;
  /** s², the variance of the function. */
  readonly signal: number;
  /** Variance of what is added to the function when it is observed. */
  readonly noise: number;
}

const rootFive = Math.sqrt(5);

/** (1 + √5 r + 5r²/3) exp(−√5 r) of r². */
export function matern(squared: number): number {
  const z = rootFive * Math.sqrt(squared);
  return (1 + z + (z * z) / 3) * Math.exp(-z);
}

/** Its derivative by r², −5/6 (1 + √5 r) exp(−√5 r). */
export function maternSlope(squared: number): number {
  const z = rootFive * Math.sqrt(squared);
  return (-5 / 6) * (1 + z) * Math.exp(-z);
}

/** δ_d of two coordinates. */
export function squaredDifference(a: number, b: number, isCategory: boolean): number {
  return isCategory ? Number(a !== b) : (a - b) * (a - b);
}

/** K of the points, with the noise on its diagonal: the lower triangle, f64[n, n]. */
export function covarianceMatrix(
  points: readonly Point[],
  categories: Categories,
  { lengthScales, signal, noise }: Hyperparameters,
): Float64Array {
  const n = points.length;
  const inverseSquares = lengthScales.map((scale) => 1 / (scale * scale));
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const squared = squaredDistance(points[i], points[j], inverseSquares, categories);
      matrix[i * n + j] = signal * matern(squared);
    }
    matrix[i * n + i] = signal + noise;
  }
  return matrix;
}

/** r² of two points. @param inverseSquares 1 / ℓ², f64[d] */
export function squaredDistance(a: Point, b: Point, inverseSquares: Float64Array, categories: Categories): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += inverseSquares[k] * squaredDifference(a[k], b[k], categories[k]);
  return sum;
}
