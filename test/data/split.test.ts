import test from 'ava';
import * as fc from 'fast-check';
import { foldRows, groupedFolds, stratifiedFolds } from '../../data/split.ts';

const ascending = (a: number, b: number): number => a - b;

/** How many rows of one class (or of all, without `label`) each fold has. */
const sizes = (labels: number[], foldOf: Uint8Array, folds: number, label?: number): number[] =>
  Array.from(
    { length: folds },
    (_, fold) => labels.filter((of, row) => foldOf[row] === fold && (label === undefined || of === label)).length,
  );

test('folds differ by at most one row, over all rows and in every class', (t) => {
  const cases = fc.record({
    folds: fc.integer({ min: 2, max: 6 }),
    counts: fc.array(fc.integer({ min: 6, max: 20 }), { minLength: 1, maxLength: 5 }),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ folds, counts, seed }) => {
      const labels = counts.flatMap((count, label) => Array.from({ length: count }, () => label));
      const foldOf = stratifiedFolds(labels, folds, seed);
      for (const label of [undefined, ...counts.keys()]) {
        const found = sizes(labels, foldOf, folds, label);
        t.true(Math.max(...found) - Math.min(...found) <= 1, `class ${label}: ${found.join()}`);
      }
    }),
  );
});

test('the same seed gives the same folds, another seed gives others', (t) => {
  const labels = Uint16Array.from({ length: 200 }, (_, row) => row % 10);
  t.deepEqual(stratifiedFolds(labels, 5, 1), stratifiedFolds(labels, 5, 1));
  t.notDeepEqual(stratifiedFolds(labels, 5, 1), stratifiedFolds(labels, 5, 2));
});

test('the folds of seed 1 are these on every machine', (t) => {
  t.is(stratifiedFolds([0, 1, 0, 1, 0, 1, 0, 1, 0, 1], 5, 1).join(''), '0113322044');
});

test('the rows of a fold and the rows outside make up all rows, each once', (t) => {
  const foldOf = Uint8Array.of(0, 1, 2, 0, 1, 2);
  const { train, validation } = foldRows(foldOf, 1);
  t.deepEqual([...train], [0, 2, 3, 5]);
  t.deepEqual([...validation], [1, 4]);
});

test('a class that does not occur needs no rows', (t) => {
  t.deepEqual(stratifiedFolds([5, 5, 9, 9], 2, 0).toSorted(), Uint8Array.of(0, 0, 1, 1));
});

test('a class with fewer rows than folds is in as many folds as it has rows', (t) => {
  const labels = [0, 0, 0, 0, 0, 0, 1, 1];
  const foldOf = stratifiedFolds(labels, 4, 0);
  t.deepEqual(sizes(labels, foldOf, 4), [2, 2, 2, 2]);
  t.deepEqual(sizes(labels, foldOf, 4, 1).toSorted(ascending), [0, 0, 1, 1]);
});

test('no group is in two folds, and every fold has one', (t) => {
  const cases = fc.record({
    folds: fc.integer({ min: 2, max: 5 }),
    groups: fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 9 }), {
      minLength: 5,
      maxLength: 20,
    }),
    seed: fc.nat(),
  });
  fc.assert(
    fc.property(cases, ({ folds, groups, seed }) => {
      const labels = groups.flat();
      const groupOf = groups.flatMap((ofGroup, group) => ofGroup.map(() => group));
      const foldOf = groupedFolds(labels, groupOf, folds, seed);
      for (const group of groups.keys()) {
        t.is(new Set(foldOf.filter((_, row) => groupOf[row] === group)).size, 1);
      }
      t.is(new Set(foldOf).size, folds);
      t.deepEqual(groupedFolds(labels, groupOf, folds, seed), foldOf);
    }),
  );
});

test('folds by group spread the classes, and with one class the sizes', (t) => {
  // 40 groups of ten images, each with a class that is twice as frequent as the other.
  const groupOf = Array.from({ length: 400 }, (_, row) => Math.floor(row / 10));
  const labels = groupOf.map((group, row) => (row % 3 === 0 ? group % 4 : (group + 1) % 4));
  const foldOf = groupedFolds(labels, groupOf, 5, 1);
  for (const label of [undefined, 0, 1, 2, 3]) {
    const found = sizes(labels, foldOf, 5, label);
    t.true(Math.max(...found) - Math.min(...found) <= 4, `class ${label}: ${found.join()}`);
  }
  // The largest groups alone: 5, 4 and 3 + 2 images.
  const uneven = [0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3];
  const bySize = groupedFolds(new Uint8Array(uneven.length), uneven, 3, 1);
  t.deepEqual(sizes(uneven, bySize, 3).toSorted(ascending), [4, 5, 5]);
});

test('the folds by group of seed 1 are these on every machine', (t) => {
  const groups = [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5];
  const labels = [0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1];
  t.is(groupedFolds(labels, groups, 3, 1).join(''), '220000111122');
});

test('one fold, or a part of one, is refused', (t) => {
  for (const folds of [1, 2.5, 257, NaN]) t.throws(() => stratifiedFolds([0, 0], folds, 0), { instanceOf: RangeError });
});
