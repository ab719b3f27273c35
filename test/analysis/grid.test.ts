import test from 'ava';
import { boxAround, coarseToFine, spaced } from '../../analysis/grid.ts';

test('an axis begins and ends where it should', (t) => {
  t.deepEqual(spaced(-1, 1, 5), [-1, -0.5, 0, 0.5, 1]);
  t.throws(() => spaced(0, 1, 1), { instanceOf: RangeError });
});

test('every cell comes once, and each level has the rows and columns of a coarser grid', (t) => {
  const cells = coarseToFine(41, 41);
  t.is(new Set(cells.map(({ column, row }) => `${column},${row}`)).size, 41 * 41);
  t.deepEqual(
    cells.map(({ level }) => level),
    cells.map(({ level }) => level).toSorted((a, b) => a - b),
  );
  // 6 × 6, 11 × 11, 21 × 21 and 41 × 41 cells are there after each level.
  t.deepEqual(
    [0, 1, 2, 3].map((level) => cells.filter((cell) => cell.level <= level).length),
    [36, 121, 441, 1681],
  );
});

test('a small grid has one level', (t) => {
  t.deepEqual(
    coarseToFine(2, 2).map(({ level }) => level),
    [0, 0, 0, 0],
  );
});

test('a box has the same margin on all sides', (t) => {
  const points = [
    [0, 0],
    [2, 1],
    [4, 0],
  ];
  t.deepEqual(boxAround(points, 0.25), { x: [-1, 5], y: [-1, 2] });
});
