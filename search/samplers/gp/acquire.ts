/**
 * The point that acquisitions most, such as the one with the largest log expected improvement: random points and neighbours
 * of the best ones are scored, the best of them climb, by gradients along the numbers and by trying all values along
 * grids and categories.
 */
import type { Random } from '../../random.ts';
import { coordinateAt } from '../unit-cube.ts';
import type { Axis } from '../unit-cube.ts';
import type { Point } from './covariance.ts';
import { logImprovement, logImprovementSlope } from './log-expected-improvement.ts';
import { minimize } from '../../../numerics/minimize.ts';
import type { SmoothFunction } from '../../../numerics/minimize.ts';
import type { Posterior } from './posterior.ts';

/** Number of points drawn over the whole space. */
const spreadCount = 256;
/** Number of points drawn around each of the best. */
const neighbourCount = 32;
/** Number of points that climb, besides the best one so far. */
const climberCount = 4;
const mostRounds = 4;
/** A round that gains less than this, in units of the logarithm, is the last. */
const leastGain = 1e-3;

/** What a point acquisitions. */
export interface Acquisition {
  readonly score: (point: Point) => number;
  /** The score with its sign changed; also writes the gradient of that, 0 along grids and categories. */
  readonly negative: SmoothFunction;
}

interface Scored {
  readonly point: Point;
  readonly score: number;
}

/** The logarithm of the expected improvement. @param target f*, the value to be improved on */
export function improvementOn(model: Posterior, target: number, axes: readonly Axis[]): Acquisition {
  return {
    score(point) {
      const { mean, deviation } = model.predict(point);
      return Math.log(deviation) + logImprovement((target - mean) / deviation);
    },
    negative: negativeScore(model, target, axes),
  };
}

/** @param best the points that are known to be good, best first @param isOpen whether a point may be the result */
export function acquire(
  acquisition: Acquisition,
  axes: readonly Axis[],
  best: readonly Point[],
  random: Random,
  isOpen: (point: Point) => boolean = () => true,
): Point {
  const score = (point: Point): Scored => ({ point, score: isOpen(point) ? acquisition.score(point) : -Infinity });
  const spread = Array.from({ length: spreadCount }, () =>
    Float64Array.from(axes, (axis) => coordinateAt(axis, random())),
  );
  const neighbours = best.flatMap((point) =>
    Array.from({ length: neighbourCount }, () => neighbour(point, axes, random)),
  );
  const ranked = [...spread, ...neighbours].map(score).toSorted((a, b) => b.score - a.score);
  const climbers = [...ranked.slice(0, climberCount), ...best.slice(0, 1).map(score)];
  const tops = climbers.map((start) => climb(start, acquisition, axes, score));
  return tops.reduce((a, b) => (b.score > a.score ? b : a)).point;
}

/** Moves a few coordinates, numbers by a distance of any order of magnitude below that of the range. */
function neighbour(point: Point, axes: readonly Axis[], random: Random): Point {
  const width = 10 ** (-3 * random());
  const share = random();
  return point.map((coordinate, k) => {
    if (random() > share) return coordinate;
    if (axes[k].isCategory) return coordinateAt(axes[k], random());
    return coordinateAt(axes[k], Math.min(Math.max(coordinate + width * (2 * random() - 1), 0), 1));
  });
}

/** Numbers together, then every grid and category alone, until nothing improves. */
function climb(
  start: Scored,
  acquisition: Acquisition,
  axes: readonly Axis[],
  score: (point: Point) => Scored,
): Scored {
  let top = start;
  const hasNumbers = axes.some(({ levels }) => levels === null);
  const hasLevels = axes.some(({ levels }) => levels !== null);
  for (let round = 0; round < mostRounds; round++) {
    const before = top.score;
    if (hasNumbers) top = climbNumbers(top, acquisition, axes);
    for (const [k, { levels }] of axes.entries()) {
      for (const level of levels ?? []) {
        if (level === top.point[k]) continue;
        const candidate = score(top.point.with(k, level));
        if (candidate.score > top.score) top = candidate;
      }
    }
    if (!hasLevels || !hasNumbers || top.score - before < leastGain) break;
  }
  return top;
}

function climbNumbers(start: Scored, { negative }: Acquisition, axes: readonly Axis[]): Scored {
  const { point } = start;
  const box = {
    low: point.map((coordinate, k) => (axes[k].levels === null ? 0 : coordinate)),
    high: point.map((coordinate, k) => (axes[k].levels === null ? 1 : coordinate)),
  };
  const { x, value } = minimize(negative, point, box, { iterations: 30, tolerance: 1e-4 });
  return -value > start.score ? { point: x, score: -value } : start;
}

function negativeScore(model: Posterior, target: number, axes: readonly Axis[]): SmoothFunction {
  const d = axes.length;
  const meanGradient = new Float64Array(d);
  const deviationGradient = new Float64Array(d);
  return (point, gradient) => {
    const { mean, deviation } = model.differentiate(point, meanGradient, deviationGradient);
    const z = (target - mean) / deviation;
    const slope = logImprovementSlope(z);
    for (let k = 0; k < d; k++) {
      // dz = −(dμ + z dσ) / σ
      gradient[k] =
        axes[k].levels === null
          ? (slope * (meanGradient[k] + z * deviationGradient[k]) - deviationGradient[k]) / deviation
          : 0;
    }
    return -Math.log(deviation) - logImprovement(z);
  };
}
