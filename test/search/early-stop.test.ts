/** Ends of a search: early, and with its best trials evaluated once more. */
import test from 'ava';
import { differenceText } from '../../base/format.ts';
import { mean } from '../../numerics/statistics.ts';
import { gainOf } from '../../search/analysis/gain.ts';
import { bestByMean } from '../../search/analysis/posterior-mean.ts';
import { progressOf } from '../../search/analysis/progress.ts';
import { confirmedBestOf, confirmedOf, topTrials } from '../../search/confirmations.ts';
import type { Params } from '../../search/distributions.ts';
import type { FrozenTrial } from '../../search/frozen-trial.ts';
import { bestOf } from '../../search/known-trials.ts';
import { openStudy } from '../../search/open-study.ts';
import { optimize } from '../../search/optimize.ts';
import { readStudy } from '../../search/read-study.ts';
import { memoryStorage } from '../../search/storage/memory.ts';
import type { Confirmation } from '../../search/storage/storage.ts';
import { standardErrorOf } from '../../tuning/cross-validation.ts';
import { finishedTrial, snapshot, unitTrials } from './snapshot.ts';

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

test('the reason for an end writes differences as the objective wants them', async (t) => {
  const space = { x: { kind: 'float', low: -5, high: 5 } } as const;
  const study = await openStudy({ name: 's', direction: 'maximize', seed: 1, space });
  const { earlyStop } = await optimize(study, ({ params }) => 1 - (params.x - 2) ** 2, {
    trials: 60,
    standardError: () => 0.01,
    differenceText: (difference) => differenceText(difference, 'accuracy'),
  });
  t.regex(
    earlyStop!.reason,
    /^all further trials can gain at most [\d.e-]+ points, less than the standard error of the best one, 1 point; another trial is expected to gain [\d.e-]+ points$/,
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

const { definition: oneParameter } = snapshot({ x: { kind: 'float', low: 0, high: 1 } }, []);
const start = Date.parse('2026-01-31T12:00:00.000Z');
const after = (seconds: number): string => new Date(start + 1000 * seconds).toISOString();

/** Trials that took so many seconds, one after the other. */
function ended(...seconds: readonly number[]): FrozenTrial[] {
  let from = 0;
  return seconds.map((time, number) => {
    const startedAt = after(from);
    from += time;
    return finishedTrial(number, { startedAt, finishedAt: after(from) });
  });
}

const running = (number: number, seconds: number): FrozenTrial =>
  finishedTrial(number, { state: 'RUNNING', startedAt: after(seconds) });

test('what is left of a study is the trials to come and the rest of those that run, shared by those that run', (t) => {
  const trials = [...ended(10, 10), running(2, 20), running(3, 24)];
  const wanted = { ...oneParameter, wantedTrials: 10 };
  // At second 26: 6 trials of 10 s to come, and 4 s and 8 s of the running ones.
  const now = start + 26_000;
  t.deepEqual(progressOf({ definition: wanted, trials }, [2, 3], now), {
    finished: 2,
    wanted: 10,
    abandoned: 0,
    secondsLeft: (6 * 10 + 4 + 8) / 2,
  });
  const leftBehind = progressOf({ definition: wanted, trials }, [2], now);
  t.deepEqual([leftBehind.abandoned, leftBehind.secondsLeft], [1, 7 * 10 + 4]);
});

test('where no more trials are wanted than run, or nobody said how many, the longest of them is waited for', (t) => {
  const trials = [...ended(10, 10), running(2, 20), running(3, 24)];
  for (const wantedTrials of [undefined, 1, 2, 4]) {
    const { secondsLeft } = progressOf(
      { definition: { ...oneParameter, wantedTrials }, trials },
      [2, 3],
      start + 26_000,
    );
    t.is(secondsLeft, 8, String(wantedTrials));
  }
  t.is(progressOf({ definition: oneParameter, trials }, [2, 3], start + 99_000).secondsLeft, 0);
});

test('the last trials say how long one takes, in whatever order they began', (t) => {
  const trials = [...ended(...Array<number>(20).fill(100), ...Array<number>(16).fill(2)), running(36, 2032)];
  const { secondsLeft } = progressOf({ definition: oneParameter, trials: trials.toReversed() }, [0], start + 2_032_000);
  t.is(secondsLeft, 2);
});

test('nobody knows when a study will be done that nobody runs, or that has no finished trial yet', (t) => {
  const wanted = { ...oneParameter, wantedTrials: 10 };
  t.deepEqual(progressOf({ definition: wanted, trials: ended(10, 10) }, [], start), {
    finished: 2,
    wanted: 10,
    abandoned: 0,
    secondsLeft: null,
  });
  t.is(progressOf({ definition: wanted, trials: [running(0, 0)] }, [0], start + 5_000).secondsLeft, null);
  t.deepEqual(progressOf({ definition: oneParameter, trials: [] }, [], start), {
    finished: 0,
    wanted: null,
    abandoned: 0,
    secondsLeft: null,
  });
});

// Which trial to go on with where the best value may be luck.

const space = { x: { kind: 'float', low: 0, high: 10 } } as const;
const told = [5, 3, 3, 1, 2].map((outcome, i) => ({ params: { x: [0, 1, 1, 3, 4][i] }, outcome }));

const confirm = (trial: number, value: number | null): Confirmation => ({ trial, seed: 1, value, standardError: 0.5 });

test('the top trials are the best complete ones, each point once', (t) => {
  const { definition, trials } = snapshot(space, [...told, { params: { x: 5 }, outcome: 'FAIL' }]);
  t.deepEqual(
    topTrials(trials, definition, 4).map(({ number }) => number),
    [3, 4, 1, 0],
  );
  t.deepEqual(
    topTrials(trials, { direction: 'maximize' }, 2).map(({ number }) => number),
    [0, 1],
  );
});

test('the best confirmed trial is the one to go on with, and luck is what the best value lost', (t) => {
  for (const direction of ['minimize', 'maximize'] as const) {
    const sign = direction === 'minimize' ? 1 : -1;
    const { definition, trials } = snapshot(
      space,
      told.map(({ params, outcome }) => ({ params, outcome: sign * outcome })),
      direction,
    );
    t.is(confirmedOf(definition, trials), null);
    t.is(confirmedBestOf(definition, trials)?.number, 3);
    const confirmations = [confirm(3, sign * 2.5), confirm(4, sign * 2.25), confirm(1, null)];
    const confirmed = confirmedOf({ ...definition, confirmations }, trials)!;
    t.deepEqual(
      confirmed.trials.map(({ trial }) => trial.number),
      [4, 3],
    );
    t.deepEqual([confirmed.luck, confirmed.standardError], [1.5, 0.5]);
    t.is(confirmedBestOf({ ...definition, confirmations }, trials)?.number, 4);
    // A better trial came later: nobody knows yet how lucky it was.
    const better = { ...trials[3], number: 5, value: 0 };
    t.is(confirmedBestOf({ ...definition, confirmations }, [...trials, better])?.number, 5);
  }
});

test('under noise the best posterior mean is a better choice than the best value', (t) => {
  const truth = (params: Params): number => (Number(params.x) - 0.3) ** 2 + (Number(params.y) - 0.6) ** 2;
  const { definition, trials } = unitTrials(['x', 'y'], 400, (params, random) => truth(params) + 0.1 * random());
  const studies = Array.from({ length: 10 }, (_, i) => trials.slice(40 * i, 40 * (i + 1)));
  const byValue = mean(studies.map((some) => truth(bestOf(some, definition)!.params)));
  const byMean = mean(studies.map((some) => truth(bestByMean({ definition, trials: some })!.params)));
  t.true(byMean < 0.9 * byValue, `${byMean} and ${byValue}`);
  t.is(bestByMean({ definition, trials: trials.slice(0, 9) }), null);
  t.is(bestByMean({ definition: { ...definition, directions: ['minimize', 'minimize'] }, trials }), null);
});
