/** Which trial to go on with where the best value may be luck. */
import test from 'ava';
import { bestByMean } from '../../search/analysis/posterior-mean.ts';
import { confirmedBestOf, confirmedOf, topTrials } from '../../search/confirmations.ts';
import type { Params } from '../../search/distributions.ts';
import { bestOf } from '../../search/known-trials.ts';
import type { Confirmation } from '../../search/storage/storage.ts';
import { mean } from '../../numerics/statistics.ts';
import { snapshot, unitTrials } from './snapshot.ts';

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
