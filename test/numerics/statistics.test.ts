import test from 'ava';
import { medianError } from '../../numerics/bootstrap.ts';
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
