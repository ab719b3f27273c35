/** Statistics, and the volume that a front dominates. */
import test from 'ava';
import { medianError } from '../../numerics/bootstrap.ts';
import { hypervolume } from '../../numerics/hypervolume.ts';
import {
  erf,
  logNormalCdf,
  logNormalMass,
  normalCdf,
  normalQuantile,
  truncatedNormalQuantile,
} from '../../numerics/normal.ts';
import { uniformStream } from '../../numerics/random.ts';
import { largest, mean, median, smallest, standardDeviation, standardError, sum } from '../../numerics/statistics.ts';

test('sum and mean', (t) => {
  t.is(sum([]), 0);
  t.is(sum([1, 2, 4]), 7);
  t.is(mean([]), NaN);
  t.is(mean([1, 2, 6]), 3);
});

test('the standard deviation is that of a sample, and unknown for a single value', (t) => {
  t.is(standardDeviation([1, 2, 3]), 1);
  t.is(standardDeviation([5, 5]), 0);
  t.is(standardDeviation([5]), NaN);
  t.is(standardError([1, 3, 1, 3]), standardDeviation([1, 3, 1, 3]) / 2);
});

test('the median is the middle value, or between two their mean, whatever their order', (t) => {
  t.is(median([]), NaN);
  t.is(median([3]), 3);
  t.is(median([9, 1, 5]), 5);
  t.is(median([4, 10, 1, 2]), 3);
  t.is(median([1, Infinity, Infinity]), Infinity);
  t.is(median([-Infinity, -Infinity]), -Infinity);
});

test('the error of a median falls with the root of the number of values', (t) => {
  const values = (n: number): number[] => Array.from({ length: n }, (_, i) => i / n);
  // The standard error for n uniform values is 1 / (2 √n).
  const TOLERANCE = 0.01;
  t.true(Math.abs(medianError(values(400)) - 0.025) < TOLERANCE);
  t.is(medianError([1, 1, 1]), 0);
});

test('the smallest and the largest of a million values', (t) => {
  const values = Array.from({ length: 1_000_000 }, (_, i) => i - 500_000);
  t.deepEqual([smallest(values), largest(values)], [-500_000, 499_999]);
  t.deepEqual([smallest([]), largest([])], [Infinity, -Infinity]);
});

/** Relative. The last digits are lost in exp(−x²/2), whose argument is rounded. */
const tolerance = 1e-12;

function isClose(actual: number, expected: number): boolean {
  return Math.abs(actual - expected) <= tolerance * Math.abs(expected);
}

test('the normal distribution has its known values, tails included', (t) => {
  // Computed with 50 digits (mpmath).
  const cdf = [
    [-37, 5.725571222524577e-300],
    [-10, 7.6198530241605e-24],
    [-3, 0.0013498980316300946],
    [-1, 0.15865525393145705],
    [-0.3, 0.3820885778110474],
    [0, 0.5],
    [0.66, 0.745373085328664],
    [2, 0.9772498680518208],
  ];
  for (const [x, expected] of cdf) {
    t.true(isClose(normalCdf(x), expected), `Φ(${x})`);
    t.true(isClose(logNormalCdf(x), Math.log(expected)), `log Φ(${x})`);
  }
  t.true(isClose(logNormalCdf(-100), -5005.524208694205));
  t.true(isClose(erf(0.4), 0.42839235504666845));
  t.true(isClose(erf(-2.5), -0.999593047982555));
});

test('the mass between two points keeps its digits in the tails', (t) => {
  t.true(isClose(logNormalMass(-40, -39.5), -784.7208791066238));
  t.true(isClose(logNormalMass(30, 31), -454.32124395634315));
  t.true(isClose(logNormalMass(-1, 2), -0.20016629432446262));
  t.is(logNormalMass(-3, -2), logNormalMass(2, 3));
});

test('a cell far narrower than its distance still has a mass', (t) => {
  t.true(Math.abs(logNormalMass(1, 1 + 1e-12) - (Math.log(1e-12) - 0.5 - Math.log(2 * Math.PI) / 2)) < 1e-3);
});

test('the quantile is the inverse of the distribution', (t) => {
  t.true(isClose(normalQuantile(0.975), 1.959963984540054));
  for (const p of [1e-300, 1e-100, 1e-20, 1e-9, 0.01, 0.3, 0.5, 0.7, 0.999]) {
    t.true(isClose(normalCdf(normalQuantile(p)), p), `p = ${p}`);
  }
});

test('the truncated quantile runs from end to end and splits the mass in proportion', (t) => {
  const [a, b] = [-0.25, 40];
  t.true(Math.abs(truncatedNormalQuantile(0, a, b) - a) < tolerance);
  for (const u of [1e-9, 0.1, 0.5, 0.9, 0.999999]) {
    const x = truncatedNormalQuantile(u, a, b);
    t.true(Math.abs(Math.exp(logNormalMass(a, x) - logNormalMass(a, b)) - u) < tolerance, `u = ${u}`);
  }
});

/** Sums of a few products of numbers below 1. */
const ROUNDING = 1e-12;

test('the hypervolume of known fronts is what a drawing gives', (t) => {
  t.is(hypervolume([], [1, 1]), 0);
  t.is(
    hypervolume(
      [
        [1, 2],
        [2, 1],
      ],
      [3, 3],
    ),
    3,
  );
  t.is(
    hypervolume(
      [
        [1, 2],
        [2, 1],
        [2, 2],
        [1, 2],
      ],
      [3, 3],
    ),
    3,
  );
  t.is(
    hypervolume(
      [
        [3, 0],
        [1, 3],
      ],
      [3, 3],
    ),
    0,
  );
  t.is(hypervolume([[2]], [5]), 3);
  t.is(
    hypervolume(
      [
        [0, 0, 1],
        [0, 1, 0],
        [1, 0, 0],
      ],
      [2, 2, 2],
    ),
    7,
  );
});

/** Counts the cells of a grid on which all coordinates lie. */
function cells(points: readonly (readonly number[])[], size: number, m: number): number {
  let count = 0;
  for (let cell = 0; cell < size ** m; cell++) {
    const corner = Array.from({ length: m }, (_, k) => Math.floor(cell / size ** k) % size);
    if (points.some((point) => point.every((value, k) => value <= corner[k]))) count += 1;
  }
  return count;
}

test('with 2, 3 and 4 objectives it is the number of dominated cells of a grid', (t) => {
  const random = uniformStream([1]);
  for (const m of [2, 3, 4]) {
    for (let round = 0; round < 10; round++) {
      const points = Array.from({ length: 12 }, () => Array.from({ length: m }, () => Math.floor(7 * random())));
      const reference = Array.from({ length: m }, () => 6);
      t.is(hypervolume(points, reference), cells(points, 6, m), `${m} objectives, round ${round}`);
    }
  }
});

test('no order of the points and no scale of an objective changes it', (t) => {
  const random = uniformStream([2]);
  const points = Array.from({ length: 30 }, () => Array.from({ length: 3 }, random));
  const volume = hypervolume(points, [1, 1, 1]);
  t.true(Math.abs(hypervolume(points.toReversed(), [1, 1, 1]) - volume) < ROUNDING);
  const scaled = points.map(([x, y, z]) => [x, 4 * y, z]);
  t.true(Math.abs(hypervolume(scaled, [1, 4, 1]) - 4 * volume) < ROUNDING);
});
