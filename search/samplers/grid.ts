/**
 * Grid search: every point of the grid once, in an order shuffled by the seed. Integers, choices and
 * floats with steps have all their values; a float without steps has some at even distances over its range, ends
 * included. When all points have
 * had a trial the sampler goes on at random.
 */
import type { SearchSpace } from '../distributions.ts';
import { advance, latticeOf, latticeSize, paramsAt, placeOf } from './lattice.ts';
import { randomSampler } from './random.ts';
import type { Sampler } from './sampler.ts';

interface GridOptions {
  /** Points of a float without steps. Default: 10. */
  readonly points?: number;
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
    const lattice = latticeOf(space, points);
    const visited = new Set<string>();
    for (const { params } of [...history, ...pending]) {
      const place = placeOf(lattice, params);
      if (place !== null) visited.add(place.join());
    }
    if (visited.size >= latticeSize(lattice)) return random(context);
    const uniform = context.random('grid');
    const place = [...lattice.values()].map(({ size }) => Math.floor(uniform() * size));
    while (visited.has(place.join())) advance(place, lattice);
    const point = paramsAt(lattice, place);
    return (name) => point[name];
  };
}

/** Number of points. */
export const gridSize = (space: SearchSpace, { points = 10 }: GridOptions = {}): number =>
  latticeSize(latticeOf(space, points));
