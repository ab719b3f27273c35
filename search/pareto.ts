/**
 * What is better where there are several objectives: one trial dominates another if it is no worse in any of them and
 * better in one. With constraints a feasible trial dominates every infeasible one, and of two infeasible trials the one
 * that misses its constraints by less. Source: Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm:
 * NSGA-II".
 */
import { isFeasible, violationOf } from '../numerics/constraints.ts';
import { directionsOf, signOf, type Directed, type Direction } from './direction.ts';
import { valuesOf, type FrozenTrial } from './frozen-trial.ts';

/** Values of which less is better, in the order of the objectives. */
export type Losses = readonly number[];

/** The losses of a COMPLETE trial; null for any other. */
export function lossesOf(
  trial: Pick<FrozenTrial, 'value' | 'values'>,
  directions: readonly Direction[],
): Losses | null {
  return valuesOf(trial)?.map((value, i) => signOf(directions[i]) * value) ?? null;
}

/** Whether a is no worse than b in any objective, and better in one. */
export function dominates(a: Losses, b: Losses): boolean {
  let isBetter = false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] > b[i]) return false;
    isBetter ||= a[i] < b[i];
  }
  return isBetter;
}

/**
 * Sorts points into fronts: those that no other dominates, those that only these dominate, and so on.
 * @param enough no more fronts are made once they have so many points. Default: all
 * @returns indices of the points, each front in rising order
 */
export function frontsOf(points: readonly Losses[], enough = Infinity): number[][] {
  // A point is dominated only by one that comes before it in the order of its losses.
  let rest = points.map((_, i) => i).toSorted((a, b) => compare(points[a], points[b]) || a - b);
  const fronts: number[][] = [];
  for (let count = 0; rest.length > 0 && count < enough;) {
    const front: number[] = [];
    const others: number[] = [];
    for (const i of rest) {
      // With two objectives the last one has the least second loss of those before.
      const rivals = points[i].length === 2 ? front.slice(-1) : front;
      const isDominated = rivals.some((other) => dominates(points[other], points[i]));
      (isDominated ? others : front).push(i);
    }
    fronts.push(front.toSorted((a, b) => a - b));
    count += front.length;
    rest = others;
  }
  return fronts;
}

function compare(a: Losses, b: Losses): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
  return 0;
}

/**
 * The indices of a front, from the least crowded point to the most crowded: a point's crowding distance is the sum, over
 * the objectives, of the gap between its two neighbours as a part of the front's range; the ends of the front come first.
 */
export function leastCrowdedFirst(points: readonly Losses[], front: readonly number[]): number[] {
  const distances = new Map(front.map((i) => [i, 0]));
  for (let k = 0; k < (points[front[0]]?.length ?? 0); k++) {
    const sorted = front.toSorted((a, b) => points[a][k] - points[b][k] || a - b);
    const at = (place: number): number => points[sorted[place]][k];
    const last = sorted.length - 1;
    const range = at(last) - at(0);
    if (range === 0) continue;
    for (const [place, i] of sorted.entries()) {
      const gap = place === 0 || place === last ? Infinity : (at(place + 1) - at(place - 1)) / range;
      distances.set(i, distances.get(i)! + gap);
    }
  }
  return front.toSorted((a, b) => less(distances.get(b) ?? 0, distances.get(a) ?? 0) || a - b);
}

/**
 * The best COMPLETE trials, best first: the feasible ones front by front, the least crowded of a front first, then the
 * infeasible ones by how much they miss their constraints, and the earlier of equals.
 * @param count of all trials that are wanted
 */
export function bestByFronts(
  history: readonly FrozenTrial[],
  directions: readonly Direction[],
  count: number,
): FrozenTrial[] {
  const complete = history.filter(({ state }) => state === 'COMPLETE');
  const feasible = complete.filter(isFeasible);
  const points = feasible.map((trial) => lossesOf(trial, directions)!);
  const best = frontsOf(points, count)
    .flatMap((front) => leastCrowdedFirst(points, front))
    .slice(0, count)
    .map((i) => feasible[i]);
  if (best.length === count) return best;
  const infeasible = complete.filter((trial) => !isFeasible(trial));
  const violations = new Map(infeasible.map((trial) => [trial, violationOf(trial)]));
  const ordered = infeasible.toSorted((a, b) => less(violations.get(a)!, violations.get(b)!) || a.number - b.number);
  return [...best, ...ordered.slice(0, count - best.length)];
}

/** Also of two infinite numbers. */
const less = (a: number, b: number): number => (a === b ? 0 : a - b);

/** The Pareto front: the feasible COMPLETE trials that no other one dominates, by number. */
export function bestTrialsOf(trials: readonly FrozenTrial[], directed: Directed): readonly FrozenTrial[] {
  const directions = directionsOf(directed);
  const complete = trials.filter((trial) => trial.state === 'COMPLETE' && isFeasible(trial));
  const [front = []] = frontsOf(
    complete.map((trial) => lossesOf(trial, directions)!),
    1,
  );
  return front.map((i) => complete[i]);
}
