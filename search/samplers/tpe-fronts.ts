/**
 * Which trials TPE takes for the best where there are several objectives, and how much each of them counts: whole fronts
 * as long as there is room, of the next one those that together dominate the most, each weighed with its contribution to
 * the hypervolume. Source: Ozaki et al. 2022, "Multiobjective tree-structured Parzen estimator", JAIR 73.
 */
import { isFeasible } from '../../numerics/constraints.ts';
import type { Direction } from '../direction.ts';
import type { FrozenTrial } from '../frozen-trial.ts';
import { bestByFronts, frontsOf, lossesOf, type Losses } from '../pareto.ts';
import { hypervolume } from '../../numerics/hypervolume.ts';
import { largest } from '../../numerics/statistics.ts';

/** Weight of a trial that adds nothing, or misses a constraint, where the one that adds most has 1. */
const leastWeight = 1e-12;
/** How far the reference point lies beyond the worst values, as a part of their range. */
const margin = 0.1;

/** @param count of the trials that are wanted @returns their weights, from above 0 to 1 */
export function weighedBest(
  history: readonly FrozenTrial[],
  directions: readonly Direction[],
  count: number,
): ReadonlyMap<FrozenTrial, number> {
  const feasible = history.filter((trial) => trial.state === 'COMPLETE' && isFeasible(trial));
  const points = feasible.map((trial) => lossesOf(trial, directions)!);
  const chosen: number[] = [];
  for (const front of frontsOf(points, count)) {
    const room = count - chosen.length;
    chosen.push(...(front.length <= room ? front : mostDominating(points, front, room)));
  }
  const contributions = contributionsOf(chosen.map((i) => points[i]));
  const most = contributions.length === 0 ? 1 : largest(contributions) || 1;
  const weights = new Map(chosen.map((i, k) => [feasible[i], Math.max(contributions[k] / most, leastWeight)]));
  // Without enough feasible trials those that miss their constraints by little show where to look.
  if (weights.size < count) {
    for (const trial of bestByFronts(history, directions, count)) {
      if (!weights.has(trial)) weights.set(trial, leastWeight);
    }
  }
  return weights;
}

/** Beyond all points in every objective. */
function referenceOf(points: readonly Losses[]): number[] {
  return points[0].map((_, k) => {
    const values = points.map((point) => point[k]);
    const worst = largest(values);
    const range = worst - Math.min(...values);
    return worst + margin * (range || Math.abs(worst) || 1);
  });
}

/** What the hypervolume loses without each point. */
function contributionsOf(points: readonly Losses[]): number[] {
  if (points.length === 0) return [];
  const reference = referenceOf(points);
  const whole = hypervolume(points, reference);
  return points.map((_, i) => whole - hypervolume(points.toSpliced(i, 1), reference));
}

/**
 * The points that are chosen one by one, each as the one that adds most to the hypervolume. What a point adds can only
 * shrink as others are chosen, so that few have to be looked at again.
 */
function mostDominating(points: readonly Losses[], front: readonly number[], count: number): number[] {
  const reference = referenceOf(front.map((i) => points[i]));
  const chosen: number[] = [];
  let volume = 0;
  const gainOf = (i: number): number =>
    hypervolume([...chosen.map((one) => points[one]), points[i]], reference) - volume;
  const bounds = new Map(front.map((i) => [i, gainOf(i)]));
  while (chosen.length < count) {
    let best = -1;
    let gain = -Infinity;
    for (const [i, bound] of [...bounds].toSorted((a, b) => b[1] - a[1])) {
      if (bound <= gain) break;
      const now = chosen.length === 0 ? bound : gainOf(i);
      bounds.set(i, now);
      if (now > gain) [best, gain] = [i, now];
    }
    chosen.push(best);
    bounds.delete(best);
    volume += gain;
  }
  return chosen;
}
