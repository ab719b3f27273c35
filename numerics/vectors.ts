/** Linear algebra of weight vectors, with sums in float64. P is the number of weights. */

export type Vector = Float32Array | Float64Array;

export function dot(a: Vector, b: Vector): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}

/** ‖v‖ */
export const length = (vector: Vector): number => Math.sqrt(dot(vector, vector));

/** a − b, f64[P] */
export const difference = (a: Vector, b: Vector): Float64Array => Float64Array.from(a, (value, i) => value - b[i]);

/** ‖a − b‖ */
export const distance = (a: Vector, b: Vector): number => length(difference(a, b));

/** factor · v, f64[P] */
export const scaled = (vector: Vector, factor: number): Float64Array =>
  Float64Array.from(vector, (value) => factor * value);

/** to ← to + factor · v */
export function addScaled(to: Float64Array, factor: number, vector: Vector): void {
  for (let i = 0; i < to.length; i += 1) to[i] += factor * vector[i];
}
