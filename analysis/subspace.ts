/**
 * Affine subspaces of weight space: a map from a few coordinates to weights,  w(c) = origin + Σ cₖ dₖ. Lines, rays and
 * planes differ only in their directions.
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

/**
 * Three points are on a line if the part of w₂ − w₁ that is orthogonal to w₃ − w₁ is below this share of its length.
 */
const SMALLEST_ANGLE = 1e-4;

/** w(c), computed in float64 and rounded once. @returns f32[P] */
export function pointAt({ origin, directions }: Subspace, coordinates: readonly number[]): Float32Array {
  const point = Float64Array.from(origin);
  for (const [k, direction] of directions.entries())
    if (coordinates[k] !== 0) addScaled(point, coordinates[k], direction);
  return Float32Array.from(point);
}

/**
 * Projects weights onto a subspace with orthogonal directions:  cₖ = ⟨w − origin, dₖ⟩ / ‖dₖ‖².
 * @returns the coordinates, and the distance of the weights from the subspace
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
 * The first, the middle and the last point of a training, whose plane shows most of its path. For an even number of
 * points it takes the earlier middle one.
 */
export function firstMiddleLast<T>(points: readonly T[]): [T, T, T] {
  const last = points.length - 1;
  return [points[0], points[Math.floor(last / 2)], points[last]];
}

/**
 * The plane through three solutions:  u = (w₃ − w₁) / ‖·‖,  and v is the normalised part of w₂ − w₁ orthogonal to u.
 * Coordinates are distances in weight space, with w₁ at (0, 0).
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
  // The negated comparison also catches NaN, which equal solutions give.
  if (!(height > SMALLEST_ANGLE * whole)) {
    throw new RangeError('Expected three solutions that span a plane, got three on one line. Name other ones.');
  }
  const plane = { origin: w1, directions: [u, scaled(v, 1 / height)] };
  return { ...plane, coordinates: [w1, w2, w3].map((point) => project(plane, point).coordinates) };
}

/**
 * The plane of the largest variance of points around the last of them, for a trajectory around its end.
 * Source: Li et al. 2018, arXiv:1712.09913, section 7.
 * @returns also `explained`: for each direction its share of the squared distances from the last point
 * @throws RangeError if the points span no plane
 */
export function principalPlane(points: readonly Float32Array[]): Plane & { readonly explained: readonly number[] } {
  const origin = points[points.length - 1];
  const offsets = points.slice(0, -1).map((point) => difference(point, origin));
  const n = offsets.length;
  // The directions Σ aᵢ (wᵢ − w) follow from the small Gram matrix of the points, not from the large covariance.
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
    // The sign of an eigenvector is arbitrary. It is chosen so that the first point has a positive coordinate.
    return dot(unit, offsets[0]) < 0 ? scaled(unit, -1) : unit;
  });
  const plane = { origin, directions };
  return {
    ...plane,
    coordinates: points.map((point) => project(plane, point).coordinates),
    explained: order.slice(0, 2).map((k) => values[k] / total),
  };
}

/** Length of a random direction: 1 (`unit`), or for each filter that of the weights around which it is drawn. */
export type Normalisation = (typeof normalisations)[number];
export const normalisations = ['unit', 'filter'] as const;

/**
 * Normally distributed directions. The direction of a seed and an index is the same for all weights, up to its length.
 *
 * With `filter`, every filter of the direction is scaled to the length of that filter of `weights`, and the entries of
 * biases and of batch norm are 0. Then steps are comparable between networks whose layers have different scales.
 * Source: Li et al. 2018, arXiv:1712.09913, section 4.
 * @param count number of directions
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

/**
 * Scales filters. Kernels have their output channel last, [kh, kw, in, out] or [in, out], so a filter is every `out`-th
 * weight.
 */
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
