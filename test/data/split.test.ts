import test from 'ava';
import * as fc from 'fast-check';
import { foldRows, stratifiedFolds } from '../../data/split.ts';
import { UserError } from '../../base/user-error.ts';

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

test('a class with fewer rows than folds is refused', (t) => {
  t.throws(() => stratifiedFolds([0, 0, 0, 1, 1], 3, 0), {
    instanceOf: UserError,
    message: /^The training images: expected at least 3 rows of class 1 for 3 folds, got 2\. /,
  });
});

test('one fold, or a part of one, is refused', (t) => {
  for (const folds of [1, 2.5, 257, NaN]) t.throws(() => stratifiedFolds([0, 0], folds, 0), { instanceOf: RangeError });
});
