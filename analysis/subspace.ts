/**
 * The one idea of every picture here: an affine map from a few coordinates to weights,  w(c) = origin + Σ cₖ dₖ.
 * Lines, rays and planes differ in their directions alone.
 */
import type { Plan } from '../models/index.ts';
import { random } from '../numerics/random.ts';
import { eigen } from '../numerics/eigen.ts';
import { addScaled, difference, dot, length, scaled } from '../numerics/vectors.ts';

export interface Subspace {
  /** f32[P] */
  readonly origin: Float32Array;
  /** f64[P] each. */
  readonly directions: readonly Float64Array[];
}

/** A plane with the solutions that span it. */
export interface Plane extends Subspace {
  /** Coordinates of the points that span the subspace, in their order. */
  readonly coordinates: readonly (readonly number[])[];
}

/** Shortest part of w₂ − w₁ beside w₃ − w₁, as a share of it, that still makes a plane and not a line. */
const SMALLEST_ANGLE = 1e-4;

/** w(c), computed in float64 and rounded once. @returns f32[P] */
export function pointAt({ origin, directions }: Subspace, coordinates: readonly number[]): Float32Array {
  const point = Float64Array.from(origin);
  for (const [k, direction] of directions.entries())
    if (coordinates[k] !== 0) addScaled(point, coordinates[k], direction);
  return Float32Array.from(point);
}

/**
 * The nearest point of a subspace whose directions are orthogonal:  cₖ = ⟨w − origin, dₖ⟩ / ‖dₖ‖².
 * @returns its coordinates, and how far the weights are from it
 */
export function project(
  { origin, directions }: Subspace,
  weights: Float32Array,
): { coordinates: number[]; distance: number } {
  const rest = difference(weights, origin);
  const coordinates = directions.map((direction) => dot(rest, direction) / dot(direction, direction));
  for (const [k, direction] of directions.entries()) addScaled(rest, -coordinates[k], direction);
  return { coordinates, distance: length(rest) };
}

/** w(0) = a, w(1) = b. @throws RangeError if they are the same */
export function lineBetween(a: Float32Array, b: Float32Array): Subspace {
  const direction = difference(b, a);
  if (length(direction) === 0) throw new RangeError('Expected two different solutions, got the same weights twice.');
  return { origin: a, directions: [direction] };
}

/**
 * The first, the middle and the last point of a training: the plane through them shows most of its way. Of an even
 * number of points the earlier middle one is taken.
 */
export function firstMiddleLast<T>(points: readonly T[]): [T, T, T] {
  const last = points.length - 1;
  return [points[0], points[Math.floor(last / 2)], points[last]];
}

/**
 * The plane through three solutions:  u = (w₃ − w₁) / ‖·‖,  v the part of w₂ − w₁ that is orthogonal to u, normalised.
 * Coordinates are distances in weight space, w₁ is at (0, 0).
 * Source: Izmailov et al. 2018, arXiv:1803.05407, section 3.3.
 * @throws RangeError if they lie on one line
 */
export function planeThrough(w1: Float32Array, w2: Float32Array, w3: Float32Array): Plane {
  const toThird = difference(w3, w1);
  const u = scaled(toThird, 1 / length(toThird));
  const v = difference(w2, w1);
  const whole = length(v);
  addScaled(v, -dot(v, u), u);
  const height = length(v);
  // `!(>)`: equal solutions make NaN.
  if (!(height > SMALLEST_ANGLE * whole)) {
    throw new RangeError('Expected three solutions that span a plane, got three on one line. Name other ones.');
  }
  const plane = { origin: w1, directions: [u, scaled(v, 1 / height)] };
  return { ...plane, coordinates: [w1, w2, w3].map((point) => project(plane, point).coordinates) };
}

/**
 * The plane of the largest variance of points around the last of them (of a trajectory: around where it ends).
 * Source: Li et al. 2018, arXiv:1712.09913, section 7.
 * @returns also the share of the squared distances from the last point that lies in the plane along each direction
 * @throws RangeError if the points span no plane
 */
export function principalPlane(points: readonly Float32Array[]): Plane & { readonly explained: readonly number[] } {
  const origin = points[points.length - 1];
  const offsets = points.slice(0, -1).map((point) => difference(point, origin));
  const n = offsets.length;
  // The directions Σ aᵢ (wᵢ − w) are found through the small matrix of inner products, not the large one of weights.
  const gram = Float64Array.from({ length: n * n }, (_, i) => dot(offsets[Math.floor(i / n)], offsets[i % n]));
  const { values, vectors } = eigen(gram, n);
  const order = Array.from(values.keys()).toSorted((a, b) => values[b] - values[a]);
  const total = values.reduce((sum, value) => sum + value, 0);
  if (n < 2 || !(values[order[1]] > SMALLEST_ANGLE ** 2 * values[order[0]])) {
    throw new RangeError(`Expected points that span a plane, got ${points.length} on one line. Keep more of them.`);
  }
  const directions = order.slice(0, 2).map((k) => {
    const direction = new Float64Array(origin.length);
    for (const [i, offset] of offsets.entries()) addScaled(direction, vectors[i * n + k], offset);
    const unit = scaled(direction, 1 / length(direction));
    // An eigenvector has no sign: the first point lies on the positive side.
    return dot(unit, offsets[0]) < 0 ? scaled(unit, -1) : unit;
  });
  const plane = { origin, directions };
  return {
    ...plane,
    coordinates: points.map((point) => project(plane, point).coordinates),
    explained: order.slice(0, 2).map((k) => values[k] / total),
  };
}

/** How long a random direction is: 1 (`unit`), or filter by filter as long as the weights around which it is drawn. */
export type Normalisation = (typeof normalisations)[number];
export const normalisations = ['unit', 'filter'] as const;

/**
 * Normally distributed directions; those of a seed and a number are the same for all weights.
 *
 * With `filter`, every filter of the direction gets the length of that filter of `weights`, and biases and batch norm's
 * scales and shifts stay where they are: then a step means the same for networks whose layers have other scales.
 * Source: Li et al. 2018, arXiv:1712.09913, section 4.
 * @param count directions to draw
 * @returns f64[P] each
 */
export function randomDirections(
  plan: Plan,
  weights: Float32Array,
  { seed, count, normalisation }: { seed: number; count: number; normalisation: Normalisation },
): Float64Array[] {
  return Array.from({ length: count }, (_, number) => {
    const stream = random(seed, 'direction', number);
    const direction = Float64Array.from({ length: plan.weightCount }, () => stream.normal());
    if (normalisation === 'unit') return scaled(direction, 1 / length(direction));
    normaliseFilters(plan, weights, direction);
    return direction;
  });
}

/** Kernels have their output channel last, [kh, kw, in, out] and [in, out]: a filter is every `out`-th weight. */
function normaliseFilters({ weights: entries }: Plan, weights: Float32Array, direction: Float64Array): void {
  for (const { shape, offset, size } of entries) {
    if (shape.length < 2) {
      direction.fill(0, offset, offset + size);
      continue;
    }
    const filters = shape[shape.length - 1];
    for (let filter = 0; filter < filters; filter += 1) {
      let [own, wanted] = [0, 0];
      for (let i = offset + filter; i < offset + size; i += filters) {
        own += direction[i] ** 2;
        wanted += weights[i] ** 2;
      }
      const factor = own > 0 ? Math.sqrt(wanted / own) : 0;
      for (let i = offset + filter; i < offset + size; i += filters) direction[i] *= factor;
    }
  }
}
