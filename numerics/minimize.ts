/**
 * Minimises a smooth function in a box: BFGS on the free coordinates, with steps projected onto the box.
 * Source: Bertsekas 1982, "Projected Newton methods for optimization problems with simple constraints"; Nocedal and
 * Wright 2006, "Numerical optimization", chapter 6.
 */
import { dot } from './cholesky.ts';

/**
 * Returns the value at x and writes the gradient, f64 of the same length. Infinity, without a gradient, if undefined.
 */
export type SmoothFunction = (x: Float64Array, gradient: Float64Array) => number;

export interface Box {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export interface Minimum {
  readonly x: Float64Array;
  readonly value: number;
}

/** Armijo condition: a step must gain this part of what the slope predicts. */
const sufficientDecrease = 1e-4;
const longestSearch = 20;

/**
 * @param start a point within the box with a finite value
 * @param tolerance the search ends when an iteration gains less than this
 */
export function minimize(
  f: SmoothFunction,
  start: Float64Array,
  box: Box,
  { iterations, tolerance }: { iterations: number; tolerance: number },
): Minimum {
  const d = start.length;
  let x: Float64Array = start.slice();
  let gradient: Float64Array = new Float64Array(d);
  let value = f(x, gradient);
  /** Approximate inverse Hessian, f64[d, d]. The first step sets its scale. */
  const curvature = new Float64Array(d * d);
  let isFresh = true;
  for (let iteration = 0; iteration < iterations; iteration++) {
    if (isFresh) {
      const norm = Math.sqrt(dot(gradient, 0, gradient, 0, d));
      setIdentity(curvature, d, initialStep(box, d) / Math.max(norm, Number.MIN_VALUE));
    }
    const direction = descent(curvature, gradient, x, box);
    const next = lineSearch(f, x, value, gradient, direction, box);
    if (next === undefined) {
      if (isFresh) break;
      isFresh = true;
      continue;
    }
    const gain = value - next.value;
    updateCurvature(curvature, x, next.x, gradient, next.gradient, isFresh);
    [x, value, gradient, isFresh] = [next.x, next.value, next.gradient, false];
    if (gain < tolerance) break;
  }
  return { x, value };
}

/** Length of the first step: a tenth of the widest side. */
function initialStep({ low, high }: Box, d: number): number {
  let widest = 0;
  for (let i = 0; i < d; i++) widest = Math.max(widest, high[i] - low[i]);
  return widest / 10;
}

/** −H g over the coordinates that are not at an active bound. */
function descent(curvature: Float64Array, gradient: Float64Array, x: Float64Array, { low, high }: Box): Float64Array {
  const d = x.length;
  const free = gradient.map((g, i) => Number(!((x[i] <= low[i] && g > 0) || (x[i] >= high[i] && g < 0))));
  const freeGradient = gradient.map((g, i) => g * free[i]);
  return free.map((isFree, i) => -isFree * dot(curvature, i * d, freeGradient, 0, d));
}

function lineSearch(
  f: SmoothFunction,
  x: Float64Array,
  value: number,
  gradient: Float64Array,
  direction: Float64Array,
  { low, high }: Box,
): (Minimum & { gradient: Float64Array }) | undefined {
  const nextGradient = new Float64Array(x.length);
  for (let attempt = 0, length = 1; attempt < longestSearch; attempt++) {
    const next = x.map((xi, i) => Math.min(Math.max(xi + length * direction[i], low[i]), high[i]));
    const slope = gradient.reduce((sum, g, i) => sum + g * (next[i] - x[i]), 0);
    if (!(slope < 0)) return undefined;
    const nextValue = f(next, nextGradient);
    if (nextValue <= value + sufficientDecrease * slope) return { x: next, value: nextValue, gradient: nextGradient };
    // The minimum of the parabola through both values and the slope, clipped to [0.1, 0.5].
    const parabola = -slope / (2 * (nextValue - value - slope));
    length *= Math.min(Math.max(parabola, 0.1), 0.5);
  }
  return undefined;
}

/** H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ, with the step s, the change y of the gradient, and ρ = 1 / yᵀs. */
function updateCurvature(
  curvature: Float64Array,
  x: Float64Array,
  nextX: Float64Array,
  gradient: Float64Array,
  nextGradient: Float64Array,
  isFirst: boolean,
): void {
  const d = x.length;
  const s = nextX.map((xi, i) => xi - x[i]);
  const y = nextGradient.map((g, i) => g - gradient[i]);
  const ys = dot(y, 0, s, 0, d);
  const yy = dot(y, 0, y, 0, d);
  // Skips the update without positive curvature along the step, which keeps H positive definite.
  if (!(ys > 1e-10 * Math.sqrt(yy * dot(s, 0, s, 0, d)))) return;
  if (isFirst) setIdentity(curvature, d, ys / yy);
  const hy = y.map((_, i) => dot(curvature, i * d, y, 0, d));
  const factor = (1 + dot(y, 0, hy, 0, d) / ys) / ys;
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < d; j++) {
      curvature[i * d + j] += factor * s[i] * s[j] - (hy[i] * s[j] + s[i] * hy[j]) / ys;
    }
  }
}

function setIdentity(matrix: Float64Array, d: number, scale: number): void {
  matrix.fill(0);
  for (let i = 0; i < d; i++) matrix[i * d + i] = scale;
}
