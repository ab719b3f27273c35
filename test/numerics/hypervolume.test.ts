import test from 'ava';
import { hypervolume } from '../../numerics/hypervolume.ts';
import { uniformStream } from '../../numerics/random.ts';

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
