/** The p-values are those of `scipy.stats.mannwhitneyu` 1.10.1 with `method='asymptotic'`. */
import test from 'ava';
import { mannWhitney } from '../../numerics/mann-whitney.ts';

const tolerance = 1e-12;

const isNear = (p: number, expected: number): boolean => Math.abs(p - expected) < tolerance;

test('samples that lie apart have a small p, and u counts the pairs in which the first is smaller', (t) => {
  const { u, p } = mannWhitney([1, 2, 3, 4, 5, 6, 7, 8, 9, 10.5], [3.5, 7.5, 8.5, 9.5, 11, 12, 13, 14, 15, 16, 17]);
  t.is(u, 97);
  t.true(isNear(p, 0.0034740985852302927), `${p}`);
});

test('equal values count a half, and make p smaller than the same u without them', (t) => {
  const { u, p } = mannWhitney([0, 0, 0, 1, 1, 2, 2, 3, 3, 3], [0, 1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 6]);
  t.is(u, 98.5);
  t.true(isNear(p, 0.011122238930411902), `${p}`);
});

test('the samples change places: p stays, and u is that of the other pairs', (t) => {
  const [a, b] = [
    [1, 1, 2],
    [1, 2, 2],
  ];
  t.is(mannWhitney(a, b).p, mannWhitney(b, a).p);
  t.is(mannWhitney(a, b).u + mannWhitney(b, a).u, 9);
  t.true(isNear(mannWhitney(a, b).p, 0.6192567541768621), `${mannWhitney(a, b).p}`);
});

test('without a difference p is 1, also where nothing but infinite values is', (t) => {
  t.deepEqual(mannWhitney([4, 4, 4], [4, 4]), { u: 3, p: 1 });
  t.deepEqual(mannWhitney([Infinity, Infinity], [Infinity, Infinity]), { u: 2, p: 1 });
  t.is(mannWhitney([], [1]).p, NaN);
});
