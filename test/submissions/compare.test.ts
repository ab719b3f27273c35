import test from 'ava';
import { compareMethods, type Contender, pairedDifference } from '../../submissions/compare.ts';

/** Sums of squares in another order than a textbook's: differences of the last bits. */
const ROUNDING = 1e-12;

/** n images: the first method alone is right on `b`, the second alone on `c`, both on the rest. */
function hits(n: number, b: number, c: number): [Uint8Array, Uint8Array] {
  const first = new Uint8Array(n).fill(1);
  const second = new Uint8Array(n).fill(1);
  second.fill(0, 0, b);
  first.fill(0, b, b + c);
  return [first, second];
}

test('a paired difference has the mean and standard error of the differences', (t) => {
  const [n, b, c] = [1000, 30, 10];
  const [first, second] = hits(n, b, c);
  const { difference, standardError, z, verdict } = pairedDifference(['one', first], ['two', second]);
  t.is(difference, 0.02);
  // The sum of (d − mean)² over b ones, c minus ones and n − b − c zeros.
  const squares = b * (1 - 0.02) ** 2 + c * (-1 - 0.02) ** 2 + (n - b - c) * 0.02 ** 2;
  t.true(Math.abs(standardError - Math.sqrt(squares / (n - 1) / n)) < ROUNDING);
  t.true(Math.abs(z - difference / standardError) < ROUNDING);
  t.is(verdict, 'one');
});

test('exchanging the methods changes the sign and not the winner', (t) => {
  const [first, second] = hits(1000, 30, 10);
  const { difference, verdict } = pairedDifference(['two', second], ['one', first]);
  t.is(difference, -0.02);
  t.is(verdict, 'one');
});

test('fewer than two standard errors are a tie', (t) => {
  // With few differing images z is nearly (b − c) / √(b + c): 1.89 for 60 against 41 and 2.09 for 61 against 40.
  const verdict = (b: number, c: number): string => {
    const [first, second] = hits(10_000, b, c);
    return pairedDifference(['one', first], ['two', second]).verdict;
  };
  t.is(verdict(60, 41), 'tie');
  t.is(verdict(61, 40), 'one');
  t.is(verdict(40, 61), 'two');
});

test('equal predictions are a tie of no standard errors', (t) => {
  const [first, second] = hits(10, 0, 0);
  t.deepEqual(pairedDifference(['one', first], ['two', second]), {
    n: 10,
    difference: 0,
    standardError: 0,
    z: 0,
    verdict: 'tie',
  });
});

test('one image proves nothing, and a hundred that all agree do', (t) => {
  const one = pairedDifference(['one', Uint8Array.of(1)], ['two', Uint8Array.of(0)]);
  t.like(one, { difference: 1, standardError: 1, z: 1, verdict: 'tie' });
  const hundred = pairedDifference(['one', new Uint8Array(100).fill(1)], ['two', new Uint8Array(100)]);
  t.like(hundred, { difference: 1, standardError: 0.1, z: 10, verdict: 'one' });
});

test('methods that were scored on different images cannot be compared', (t) => {
  t.throws(() => pairedDifference(['one', new Uint8Array(2)], ['two', new Uint8Array(3)]), { instanceOf: RangeError });
  t.throws(() => pairedDifference(['one', new Uint8Array(0)], ['two', new Uint8Array(0)]), { instanceOf: RangeError });
});

test('a tie never reads like two standard errors, and many comparisons are not taken for one', (t) => {
  // z is 1.98.
  const [first, second] = hits(10_000, 61, 41);
  const contenders = [first, second, first].map((right, i) => ({
    id: `m${i}`,
    title: `m${i}`,
    outOfFold: right,
    test: null,
  }));
  const { pairs, sentence } = compareMethods('digits', contenders)!;
  t.regex(pairs[0].sentence, /^A tie between m0 and m1 .* = 1\.9 standard errors apart\.$/);
  t.regex(sentence, /If all were equal, about 0\.1 of 3 comparisons would still look like a win by chance\.$/);
});

test('the sentence says who won by how much, on the test answers where there are any', (t) => {
  const [first, second] = hits(7000, 30, 10);
  const outOfFold = hits(42_000, 0, 21);
  const swa = { id: 'swa', title: 'SWA', outOfFold: outOfFold[0], test: first };
  const plain = { id: 'plain', title: 'plain', outOfFold: outOfFold[1], test: second };
  t.is(
    compareMethods('digits', [swa, plain])?.sentence,
    'SWA beats plain on digits: 99.86 % against 99.57 % on 7,000 test images, +0.29 points = 3.2 standard errors.',
  );
  const untested = compareMethods('digits', [
    { ...swa, test: null },
    { ...plain, test: null },
  ]);
  t.is(untested?.pairs[0].test, null);
  t.is(
    untested?.sentence,
    'plain beats SWA on digits: 100.00 % against 99.95 % on 42,000 out-of-fold predictions, ' +
      '+0.05 points = 4.6 standard errors.',
  );
});

test('the sentence calls a tie a tie', (t) => {
  const [first, second] = hits(1000, 11, 10);
  const swa = { id: 'swa', title: 'SWA', outOfFold: first, test: null };
  const plain = { id: 'plain', title: 'plain', outOfFold: second, test: null };
  t.is(
    compareMethods('digits', [swa, plain])?.sentence,
    'A tie between SWA and plain on digits: 99.00 % against 98.90 % on 1,000 out-of-fold predictions, ' +
      '0.10 points = 0.2 standard errors apart.',
  );
});

test('three methods make three pairs and one makes none', (t) => {
  const [outOfFold] = hits(10, 0, 0);
  const contenders = ['a', 'b', 'c'].map((id) => ({ id, title: id, outOfFold, test: null }));
  const pairs = compareMethods('digits', contenders)?.pairs.map(({ first, second }) => first + second);
  t.deepEqual(pairs, ['ab', 'ac', 'bc']);
  t.is(compareMethods('digits', contenders.slice(0, 1)), null);
});

test('standard errors that are nothing but rounding make no numbers without sense', (t) => {
  const n = 400;
  const labels = Array.from({ length: n }, (_, i) => i % 2);
  /** The probability of the true class is the same for each image, so that no sample of images changes the difference. */
  const contender = (id: string, p: number): Contender => {
    const probabilities = Float32Array.from({ length: 2 * n }, (_, i) => (i % 2 === labels[i >> 1] ? p : 1 - p));
    const predictions = { probabilities, predicted: labels, labels, classes: 2 };
    const right = new Uint8Array(n).fill(1);
    return {
      id,
      title: id,
      outOfFold: right,
      test: null,
      byMetric: { metric: 'log-loss', outOfFold: predictions, test: null },
    };
  };
  const judge = (p: number, q: number) =>
    compareMethods('digits', [contender('one', p), contender('other', q)])!.pairs[0];
  const tie = judge(0.9, 0.90000004);
  t.deepEqual([tie.outOfFold.verdict, tie.outOfFold.z], ['tie', 0]);
  t.regex(tie.sentence, /^A tie between .*, apart by 0\.0000 = 0\.0 standard errors\.$/);
  for (const [p, q, z] of [
    [0.9, 0.8, 100],
    [0.8, 0.9, -100],
  ]) {
    const won = judge(p, q);
    t.deepEqual([won.outOfFold.verdict, won.outOfFold.z], [z > 0 ? 'one' : 'other', z]);
    t.regex(won.sentence, / beats .*, better by 0\.1178 = more than 10 standard errors\.$/);
  }
});
