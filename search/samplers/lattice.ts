/** The points of a search space: every combination of the values that its parameters have. */
import { gridValue, stepOf } from '../distributions.ts';
import type { Distribution, ParameterValue, Params, SearchSpace } from '../distributions.ts';
import { fromRange, toRange } from './range.ts';

/** The values of one parameter, by number. */
interface LatticeAxis {
  readonly size: number;
  readonly valueAt: (index: number) => ParameterValue;
  /** −1 if the value is not one of them. */
  readonly indexOf: (value: ParameterValue) => number;
}

export type Lattice = ReadonlyMap<string, LatticeAxis>;

/** @param points of a float without steps, at even distances over its range, ends included */
export function latticeOf(space: SearchSpace, points: number): Lattice {
  return new Map(Object.entries(space).map(([name, distribution]) => [name, axisOf(distribution, points)]));
}

/** Number of points. */
export const latticeSize = (lattice: Lattice): number =>
  [...lattice.values()].reduce((product, { size }) => product * size, 1);

/** Whether the space has so many points and no more: none of its parameters is a float without steps. */
export const isDiscrete = (space: SearchSpace): boolean =>
  Object.values(space).every(
    (distribution) =>
      distribution.kind === 'categorical' || distribution.low === distribution.high || stepOf(distribution) > 0,
  );

/** The number of each value; null if one of them is not on the lattice. */
export function placeOf(lattice: Lattice, params: Params): number[] | null {
  const place = [...lattice].map(([name, { indexOf }]) => (name in params ? indexOf(params[name]) : -1));
  return place.includes(-1) ? null : place;
}

export const paramsAt = (lattice: Lattice, place: readonly number[]): Params =>
  Object.fromEntries([...lattice].map(([name, { valueAt }], i) => [name, valueAt(place[i])]));

/**
 * To the next point, like a mileage counter, and from the last to the first.
 * @param turns numbers of the axes, the one that turns fastest first, and by how much each goes on
 */
export function advance(
  place: number[],
  lattice: Lattice,
  turns: readonly (readonly [axis: number, by: 1 | -1])[] = place.map((_, i) => [i, 1]),
): void {
  const sizes = [...lattice.values()].map(({ size }) => size);
  for (const [axis, by] of turns) {
    const size = sizes[axis];
    const isRound = place[axis] === (by === 1 ? size - 1 : 0);
    place[axis] = (place[axis] + by + size) % size;
    if (!isRound) return;
  }
}

function axisOf(distribution: Distribution, points: number): LatticeAxis {
  if (distribution.kind === 'categorical') {
    const { choices } = distribution;
    return { size: choices.length, valueAt: (index) => choices[index], indexOf: (value) => choices.indexOf(value) };
  }
  const { low, high } = distribution;
  if (low === high) return { size: 1, valueAt: () => low, indexOf: (value) => (value === low ? 0 : -1) };
  const step = stepOf(distribution);
  if (step > 0) {
    const valueAt = (index: number): number => gridValue(distribution, index);
    return indexed(Math.round((high - low) / step) + 1, valueAt, (value) => (value - low) / step);
  }
  const [from, to] = [toRange(distribution, low), toRange(distribution, high)];
  const valueAt = (index: number): number => fromRange(distribution, from + ((to - from) * index) / (points - 1));
  return indexed(points, valueAt, (value) => ((toRange(distribution, value) - from) / (to - from)) * (points - 1));
}

/** @param near the number of the point that is next to a value */
function indexed(size: number, valueAt: (index: number) => number, near: (value: number) => number): LatticeAxis {
  return {
    size,
    valueAt,
    indexOf(value) {
      const index = Math.round(near(Number(value)));
      return index >= 0 && index < size && valueAt(index) === value ? index : -1;
    },
  };
}
