import test from 'ava';
import { gainOf } from '../../search/analysis/gain.ts';
import { openStudy } from '../../search/open-study.ts';
import { optimize } from '../../search/optimize.ts';
import { memoryStorage } from '../../search/storage/memory.ts';
import { readStudy } from '../../search/read-study.ts';
import { standardErrorOf } from '../../tuning/cross-validation.ts';
import { snapshot, unitTrials } from './snapshot.ts';

test('a search stops when so many trials in a row brought nothing better, and the study keeps the reason', async (t) => {
  const storage = memoryStorage();
  const values = [3, 2, 2, NaN, 5, 1, 0];
  const study = await openStudy({ storage, name: 's', direction: 'minimize', sampler: 'random' });
  const search = () => optimize(study, ({ number }) => values[number], { trials: 7, patienceTrials: 3 });
  const { stopped, finishedCount, earlyStop } = await search();
  t.is(stopped, 'early');
  t.is(finishedCount, 5);
  t.deepEqual(earlyStop, { reason: '3 trials in a row brought nothing better', finished: 5 });
  t.deepEqual((await readStudy(storage, 's')).definition.earlyStop, earlyStop);
  t.is((await search()).finishedCount, 5, 'the same search has nothing to add');
  t.is((await optimize(study, ({ number }) => values[number], { trials: 7 })).stopped, 'finished');
});

test('a search stops when less can be gained than the standard error of its best trial', async (t) => {
  const space = { x: { kind: 'float', low: -5, high: 5 } } as const;
  const study = await openStudy({ name: 's', direction: 'maximize', seed: 1, space });
  const { stopped, finishedCount, earlyStop } = await optimize(study, ({ params }) => 1 - (params.x - 2) ** 2, {
    trials: 60,
    standardError: () => 0.01,
  });
  t.is(stopped, 'early');
  t.true(finishedCount >= 20 && finishedCount < 40);
  t.true(study.bestTrial!.value! > 0.99);
  t.regex(
    earlyStop!.reason,
    /^all further trials can gain at most \S+, less than the standard error of the best one, 0.01; /,
  );
});

test('an unknown standard error stops nothing, and senseless rules are refused', async (t) => {
  const study = await openStudy({ name: 's', direction: 'minimize', sampler: 'random' });
  const objective = (): number => 1;
  t.is((await optimize(study, objective, { trials: 25, standardError: () => null })).stopped, 'finished');
  await t.throwsAsync(optimize(study, objective, { trials: 30, patienceTrials: 0 }), {
    message: 'Expected `patienceTrials` to be an integer from 1, got 0.',
  });
  await t.throwsAsync(optimize(study, objective, { trials: 30, standardError: 1 as never }), {
    instanceOf: RangeError,
  });
});

test('what may be gained has the unit of the values, and shrinks with the trials', (t) => {
  const gain = (count: number, unit: number) =>
    gainOf(unitTrials(['x', 'y'], count, ({ x, y }) => unit * (0.01 * (x - 0.3) ** 2 + y)))!;
  const [few, many] = [gain(25, 1), gain(60, 1)];
  t.true(many.bound < few.bound && many.bound > 0 && many.expected < many.bound);
  const SAME_UNIT = 1e-3;
  t.true(Math.abs(gain(25, 1000).bound / few.bound / 1000 - 1) < SAME_UNIT);
});

test('nothing is said of the gain in a study with few trials, or with one value', (t) => {
  t.is(gainOf(unitTrials(['x'], 19, ({ x }) => x)), null);
  t.is(gainOf(unitTrials(['x'], 30, () => 'FAIL')), null);
  const told = Array.from({ length: 30 }, () => ({ params: { x: 1 }, outcome: 2 }));
  t.is(gainOf(snapshot({ x: { kind: 'float', low: 1, high: 1 } }, told)), null);
  const flat = gainOf(unitTrials(['x'], 30, () => 7))!;
  t.is(flat.bound, 0);
});

test('the standard error over folds is that of Nadeau and Bengio', (t) => {
  const folds = {
    0: { correct: 90, count: 100 },
    1: { correct: 94, count: 100 },
    2: { correct: 1, count: 9, value: 0.92 },
  };
  const EXACT = 1e-15;
  t.true(Math.abs(standardErrorOf({ userAttributes: { folds } })! - Math.sqrt(1 / 3 + 1 / 2) * 0.02) < EXACT);
  t.is(standardErrorOf({ userAttributes: { folds: { 0: { correct: 90, count: 100 } } } }), null);
  t.is(standardErrorOf({ userAttributes: {} }), null);
});
