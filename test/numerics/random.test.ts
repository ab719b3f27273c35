import test from 'ava';
import { random } from '../../numerics/random.ts';
import { createHash } from 'node:crypto';
import { sha256 } from '../../numerics/sha256.ts';

// 99.9 % quantiles of χ²: all seeds here are fixed, so a failure means a changed stream or a wrong distribution.
const CHI_SQUARE_5 = 20.52;
const CHI_SQUARE_9 = 27.88;
const CHI_SQUARE_99 = 148.23;

const PINNED_FLOATS = [0.6116811445891913, 0.9493511622713631];
const PINNED_INTEGERS = [4, 4043103160, 0];
const PINNED_NORMALS = [-0.6532640074755603, 1.9244687666022313];
const PINNED_PERMUTATION = [5, 6, 1, 7, 0, 4, 3, 2];

const chiSquare = (counts: ArrayLike<number>, expected: number): number =>
  Array.from(counts).reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);

const floats = (count: number, seed: number, ...name: (string | number)[]): number[] => {
  const stream = random(seed, ...name);
  return Array.from({ length: count }, () => stream.float());
};

test('a stream is the same on every machine: pinned numbers of seed 1, "pinned"', (t) => {
  const stream = random(1, 'pinned');
  t.deepEqual([stream.float(), stream.float()], PINNED_FLOATS);
  t.deepEqual([stream.integer(10), stream.integer(2 ** 32), stream.integer(1)], PINNED_INTEGERS);
  t.deepEqual([stream.normal(), stream.normal()], PINNED_NORMALS);
  t.deepEqual([...stream.permutation(8)], PINNED_PERMUTATION);
});

test('different seeds and names give different streams, also beyond 2³² and where joined names agree', (t) => {
  const names: [number, ...(string | number)[]][] = [
    [1],
    [2],
    [1 + 2 ** 32],
    [Number.MAX_SAFE_INTEGER],
    [1, 'a', 'b'],
    [1, 'ab'],
    [1, 'a,b'],
    [1, 'b', 'a'],
    [1, 'a', 'b', 0],
    [1, 1],
    [1, '1'],
    [11],
  ];
  t.is(new Set(names.map(([seed, ...name]) => floats(1, seed, ...name)[0])).size, names.length);
});

test('neighbouring seeds and names are uncorrelated', (t) => {
  const count = 20_000;
  const FOUR_STANDARD_ERRORS = 4 / Math.sqrt(count);
  const base = floats(count, 1, 'fold', 0);
  for (const other of [floats(count, 2, 'fold', 0), floats(count, 1, 'fold', 1), floats(count, 1, 'fold 0')]) {
    const covariance = base.reduce((sum, value, i) => sum + (value - 0.5) * (other[i] - 0.5), 0) / count;
    t.true(Math.abs(covariance * 12) < FOUR_STANDARD_ERRORS);
  }
});

test('a seed that is not a non-negative safe integer is refused', (t) => {
  for (const seed of [-1, 0.5, Number.NaN, Infinity, 2 ** 53]) {
    t.throws(() => random(seed, 'a'), { instanceOf: RangeError, message: /^Expected `seed` to be an integer in 0 …/ });
  }
});

test('floats lie in [0, 1) and fill it evenly, in pairs too', (t) => {
  const values = floats(100_000, 3, 'uniform');
  t.true(values.every((value) => value >= 0 && value < 1));
  const pairs = new Uint32Array(100);
  for (let i = 0; i < values.length; i += 2) {
    pairs[Math.floor(values[i] * 10) * 10 + Math.floor(values[i + 1] * 10)] += 1;
  }
  t.true(chiSquare(pairs, values.length / 2 / 100) < CHI_SQUARE_99);
});

test('integers are uniform over 0 … n − 1', (t) => {
  const stream = random(4, 'integers');
  const counts = new Uint32Array(10);
  for (let i = 0; i < 100_000; i += 1) counts[stream.integer(10)] += 1;
  t.true(chiSquare(counts, 10_000) < CHI_SQUARE_9);
});

test('an integer below a number outside 1 … 2³² is refused', (t) => {
  for (const n of [0, -3, 1.5, 2 ** 32 + 1]) t.throws(() => random(1).integer(n), { instanceOf: RangeError });
});

test('normal numbers fall evenly between the deciles of the normal distribution, tails included', (t) => {
  const DECILES = [-1.2815516, -0.8416212, -0.5244005, -0.2533471, 0, 0.2533471, 0.5244005, 0.8416212, 1.2815516];
  const BEYOND_THREE = 0.0026998;
  const count = 200_000;
  const stream = random(5, 'normal');
  const values = Array.from({ length: count }, () => stream.normal());
  const counts = new Uint32Array(10);
  for (const value of values) counts[DECILES.filter((decile) => value > decile).length] += 1;
  t.true(chiSquare(counts, count / 10) < CHI_SQUARE_9);
  const beyond = values.filter((value) => Math.abs(value) > 3).length;
  t.true(Math.abs(beyond - BEYOND_THREE * count) < 4 * Math.sqrt(BEYOND_THREE * count));
});

test('a shuffle keeps the elements and gives every order equally often', (t) => {
  const stream = random(6, 'shuffle');
  const counts = new Map<string, number>();
  for (let i = 0; i < 12_000; i += 1) {
    const array = [7, 8, 9];
    stream.shuffle(array);
    counts.set(array.join(''), (counts.get(array.join('')) ?? 0) + 1);
  }
  t.deepEqual([...counts.keys()].toSorted(), ['789', '798', '879', '897', '978', '987']);
  t.true(chiSquare([...counts.values()], 2_000) < CHI_SQUARE_5);
});

test('a permutation holds every index once', (t) => {
  const order = random(7, 'permutation').permutation(33_600);
  t.deepEqual(
    order.toSorted(),
    new Uint32Array(33_600).map((_, index) => index),
  );
  t.notDeepEqual(order, order.toSorted());
  t.is(random(7).permutation(0).length, 0);
});

test('digests are those of Node, whatever the length and the characters', (t) => {
  for (let length = 0; length <= 130; length++) {
    const text = 'aü€😀'.repeat(length).slice(0, length).toWellFormed();
    const digest = createHash('sha256').update(text).digest();
    t.deepEqual(
      Array.from(sha256(text)),
      Array.from({ length: 8 }, (_, i) => digest.readInt32BE(4 * i)),
    );
  }
});
