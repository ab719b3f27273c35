/**
 * Grid search: every point of the grid once, in an order shuffled by the seed. Integers, choices and
 * floats with steps have all their values; a float without steps has some at even distances over its range, ends
 * included. When all points have
 * had a trial the sampler goes on at random.
 */
import { gridValue, stepOf } from '../distributions.ts';
import type { Distribution, ParameterValue, Params, SearchSpace } from '../distributions.ts';
import { randomSampler } from './random.ts';
import { fromRange, toRange } from './range.ts';
import type { Sampler } from './sampler.ts';

export interface GridOptions {
  /** Points of a float without steps. Default: 10. */
  readonly points?: number;
}

/** The values of one parameter, by number. */
interface Axis {
  readonly size: number;
  readonly valueAt: (index: number) => ParameterValue;
  /** −1 if the value is not on the grid. */
  readonly indexOf: (value: ParameterValue) => number;
}

/**
 * A point that an earlier trial had counts as visited, even if that trial is pending or was given by the user.
 * @throws RangeError if `points` is not an integer from 2; on drawing, if the study has no search space as data
 */
export function gridSampler({ points = 10 }: GridOptions = {}): Sampler {
  if (!Number.isSafeInteger(points) || points < 2) {
    throw new RangeError(`Expected \`points\` to be an integer from 2, got ${points}.`);
  }
  const random = randomSampler();
  return (context) => {
    const { space, history, pending } = context;
    if (space === null) {
      throw new RangeError('Expected a search space for the sampler grid, got none: give `space` to openStudy.');
    }
    const axes = axesOf(space, points);
    const visited = new Set<string>();
    for (const { params } of [...history, ...pending]) {
      const place = placeOf(axes, params);
      if (place !== null) visited.add(place.join());
    }
    if (visited.size >= gridSize(space, { points })) return random(context);
    const uniform = context.random('grid');
    const place = [...axes.values()].map(({ size }) => Math.floor(uniform() * size));
    while (visited.has(place.join())) advance(place, axes);
    const point = Object.fromEntries([...axes].map(([name, { valueAt }], i) => [name, valueAt(place[i])]));
    return (name) => point[name];
  };
}

/** Number of points. */
export function gridSize(space: SearchSpace, { points = 10 }: GridOptions = {}): number {
  return [...axesOf(space, points).values()].reduce((product, { size }) => product * size, 1);
}

function axesOf(space: SearchSpace, points: number): ReadonlyMap<string, Axis> {
  return new Map(Object.entries(space).map(([name, distribution]) => [name, axisOf(distribution, points)]));
}

function axisOf(distribution: Distribution, points: number): Axis {
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

/** @param near the number of the grid point that is next to a value */
function indexed(size: number, valueAt: (index: number) => number, near: (value: number) => number): Axis {
  return {
    size,
    valueAt,
    indexOf(value) {
      const index = Math.round(near(Number(value)));
      return index >= 0 && index < size && valueAt(index) === value ? index : -1;
    },
  };
}

function placeOf(axes: ReadonlyMap<string, Axis>, params: Params): number[] | null {
  const place = [...axes].map(([name, { indexOf }]) => (name in params ? indexOf(params[name]) : -1));
  return place.includes(-1) ? null : place;
}

/** To the next point, like a mileage counter, and from the last to the first. */
function advance(place: number[], axes: ReadonlyMap<string, Axis>): void {
  for (const [i, { size }] of [...axes.values()].entries()) {
    place[i] = (place[i] + 1) % size;
    if (place[i] !== 0) return;
  }
}
