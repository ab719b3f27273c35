import test from 'ava';
import {
  firstMiddleLast,
  lineBetween,
  planeThrough,
  pointAt,
  principalPlane,
  project,
  randomDirections,
} from '../../analysis/subspace.ts';
import { dot, length } from '../../numerics/vectors.ts';
import { random } from '../../numerics/random.ts';
import { planOf, smallCnn, someWeights } from '../helpers/plans.ts';
import { retrace } from '../../analysis/trajectory.ts';
import { createNetwork } from '../../models/engine/engines.ts';
import { initialWeights } from '../../models/engine/layout.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { swa } from '../../pipeline/methods/swa.ts';
import { trainFold } from '../../pipeline/worker.ts';
import { digits, shape as digitShape } from '../pipeline/digits.ts';

/** Points are rounded to float32; coordinates come back from them. */
const FLOAT32_ROUNDING = 1e-5;
const FLOAT64_ROUNDING = 1e-12;

const near = (actual: number, expected: number, tolerance = FLOAT32_ROUNDING): boolean =>
  Math.abs(actual - expected) <= tolerance;

const someVector = (seed: number, size = 50): Float32Array => {
  const stream = random(seed, 'vector');
  return Float32Array.from({ length: size }, () => stream.normal());
};
const three = [1, 2, 3].map((seed) => someVector(seed));

test('a plane through three points has them at their coordinates, the first in the origin and the third on the axis', (t) => {
  const plane = planeThrough(three[0], three[1], three[2]);
  const [u, v] = plane.directions;
  t.true(near(length(u), 1, FLOAT64_ROUNDING) && near(length(v), 1, FLOAT64_ROUNDING));
  t.true(near(dot(u, v), 0, FLOAT64_ROUNDING));
  t.deepEqual(plane.coordinates[0], [0, 0]);
  t.true(near(plane.coordinates[2][1], 0));
  t.true(plane.coordinates[2][0] > 0 && plane.coordinates[1][1] > 0);
  for (const [k, point] of three.entries()) {
    const reached = pointAt(plane, plane.coordinates[k]);
    for (const [i, w] of point.entries()) t.true(near(reached[i], w));
  }
});

test('the mean of three points lies in their plane at the mean of their coordinates', (t) => {
  const plane = planeThrough(three[0], three[1], three[2]);
  const mean = three[0].map((w, i) => (w + three[1][i] + three[2][i]) / 3);
  const { coordinates, distance } = project(plane, mean);
  t.true(near(distance, 0));
  for (const axis of [0, 1]) {
    t.true(near(coordinates[axis], plane.coordinates.reduce((sum, c) => sum + c[axis], 0) / 3));
  }
});

test('three points on a line, or two of them the same, span no plane', (t) => {
  const middle = three[0].map((w, i) => (w + three[2][i]) / 2);
  for (const second of [middle, three[0], three[2]]) {
    t.throws(() => planeThrough(three[0], second, three[2]), { instanceOf: RangeError, message: /span a plane/ });
  }
  t.throws(() => planeThrough(three[0], three[1], three[0]), { instanceOf: RangeError });
});

test('a line has its ends at 0 and 1 and goes on beyond them', (t) => {
  const line = lineBetween(Float32Array.of(1, 2), Float32Array.of(3, 2));
  t.deepEqual(
    [-1, 0, 1, 2].map((at) => Array.from(pointAt(line, [at]))),
    [
      [-1, 2],
      [1, 2],
      [3, 2],
      [5, 2],
    ],
  );
  t.throws(() => lineBetween(three[0], three[0]), { instanceOf: RangeError });
});

test('the distance of a projection and what it shows make up the whole', (t) => {
  const plane = planeThrough(three[0], three[1], three[2]);
  const point = someVector(9);
  const { coordinates, distance } = project(plane, point);
  const whole = length(point.map((w, i) => w - three[0][i]));
  t.true(near(Math.hypot(...coordinates, distance), whole));
});

test('the principal plane of points that lie in a plane is that plane, and explains all of it', (t) => {
  const [a, b] = [1, 2].map((seed) => someVector(seed));
  const at = (x: number, y: number): Float32Array => a.map((w, i) => 3 + x * w + y * b[i]);
  const points = [at(4, 0), at(1, 2), at(-3, 1), at(0, 0)];
  const { explained, coordinates, ...plane } = principalPlane(points);
  t.true(near(explained[0] + explained[1], 1));
  t.true(explained[0] >= explained[1]);
  t.deepEqual(coordinates[3], [0, 0]);
  t.true(coordinates[0][0] > 0, `${coordinates[0][0]}`);
  for (const point of points) t.true(project(plane, point).distance < FLOAT32_ROUNDING * length(point));
  t.throws(() => principalPlane([at(1, 1), at(2, 2), at(0, 0)]), { instanceOf: RangeError });
});

test('random directions have length 1 and are the same for all weights', async (t) => {
  const plan = await planOf(smallCnn);
  const options = { seed: 1, count: 3, normalisation: 'unit' } as const;
  const directions = randomDirections(plan, someWeights(plan), options);
  for (const direction of directions) t.true(near(length(direction), 1, FLOAT64_ROUNDING));
  t.deepEqual(randomDirections(plan, someWeights(plan, 2), options), directions);
  t.notDeepEqual(directions[0], directions[1]);
  // The first 3 of 10 directions are the same as 3 directions.
  t.deepEqual(randomDirections(plan, someWeights(plan), { ...options, count: 10 }).slice(0, 3), directions);
});

test('a filter of a filter-normalised direction is as long as that of the weights, and the rest is 0', async (t) => {
  const plan = await planOf(smallCnn);
  const weights = someWeights(plan);
  const [direction] = randomDirections(plan, weights, { seed: 1, count: 1, normalisation: 'filter' });
  for (const { shape, offset, size } of plan.weights) {
    if (shape.length < 2) {
      t.true(direction.subarray(offset, offset + size).every((value) => value === 0));
      continue;
    }
    const filters = shape.at(-1)!;
    for (let filter = 0; filter < filters; filter += 1) {
      const ofFilter = (vector: Float32Array | Float64Array): Float64Array =>
        Float64Array.from(vector.subarray(offset, offset + size)).filter((_, i) => i % filters === filter);
      t.true(near(length(ofFilter(direction)), length(ofFilter(weights))));
    }
  }
});

test('the first, the middle and the last of points are three of them, of an even number the earlier middle', (t) => {
  t.deepEqual(firstMiddleLast([1, 2, 3]), [1, 2, 3]);
  t.deepEqual(firstMiddleLast([1, 2, 3, 4]), [1, 2, 4]);
  t.deepEqual(firstMiddleLast([1, 2, 3, 4, 5]), [1, 3, 5]);
});

test('a recorded training is retraced to the last bit, with the weights of every epoch', async (t) => {
  const images = digits(120);
  const rows = Uint32Array.from(images.labels.keys());
  const task = {
    plan: await loadPlan('digit-cnn', digitShape, 10),
    engine: 'simd',
    method: 'swa' as const,
    parameters: { ...swa.defaults, batchSize: 20 },
    epochs: 4,
    seed: 5,
    images,
    trainIndices: rows.subarray(0, 100),
    validationIndices: rows.subarray(100),
  };
  const recorded = await trainFold(task);
  if (recorded.status !== 'done') return t.fail();
  const network = await createNetwork(task.plan, 'simd');
  const { iterates, solutions, isSame } = await retrace({ ...task, recorded: recorded.solutions }, network);
  t.true(isSame);
  t.is(iterates.length, 5);
  t.deepEqual(iterates[0], initialWeights(task.plan, 5));
  t.deepEqual(solutions[0], recorded.solutions[0].weights);
  const other = await retrace({ ...task, seed: 6, recorded: recorded.solutions }, network);
  t.false(other.isSame);
});
