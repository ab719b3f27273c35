import test from 'ava';
import { compareWithGolden, goldenBelowCounts, goldenTolerance } from '../../bench/tpe-golden.ts';
import { belowCount, bestTrials } from '../../search/samplers/tpe.ts';
import type { FrozenTrial } from '../../search/trial.ts';

for (const { observations, differences } of compareWithGolden()) {
  test(`estimator of ${observations} observations has the weights, kernels and densities of the reference`, (t) => {
    for (const [what, difference] of Object.entries(differences)) t.true(difference < goldenTolerance, what);
  });
}

test('the number of best trials is the one of the reference', (t) => {
  for (const [n, count] of Object.entries(goldenBelowCounts)) t.is(belowCount(Number(n)), count);
});

function finished(number: number, changes: Partial<FrozenTrial>): FrozenTrial {
  return {
    number,
    state: 'COMPLETE',
    value: null,
    params: {},
    distributions: {},
    intermediateValues: {},
    userAttributes: {},
    createdAt: '',
    startedAt: null,
    finishedAt: null,
    ...changes,
  };
}

test('the best are complete trials by value, then pruned ones by steps and last value, never failed ones', (t) => {
  const head = [
    finished(0, { state: 'FAIL' }),
    finished(1, { state: 'PRUNED', intermediateValues: { 0: 0.1 } }),
    finished(2, { state: 'PRUNED', intermediateValues: { 0: 0.9, 1: 0.7 } }),
    finished(3, { value: 5 }),
    finished(4, { state: 'PRUNED', intermediateValues: { 0: 0.9, 1: 0.6 } }),
    finished(5, { value: 4 }),
  ];
  for (const count of [1, 2, 3, 4, 5, 6]) {
    const failed = Array.from({ length: 10 * count - head.length }, (_, i) => finished(6 + i, { state: 'FAIL' }));
    const history = [...head, ...failed];
    t.deepEqual(
      bestTrials(history, 'minimize', belowCount(history.length)).map(({ number }) => number),
      [5, 3, 4, 2, 1].slice(0, count),
    );
  }
  t.deepEqual(
    bestTrials(head, 'maximize', 1).map(({ number }) => number),
    [3],
  );
});
