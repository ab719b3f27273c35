import test from 'ava';
import { foldOrder, foldsPruner } from '../../search/pruners/folds.ts';
import { prunerByName, pruners } from '../../search/pruners/index.ts';
import type { PrunerName } from '../../search/pruners/index.ts';
import { medianPruner } from '../../search/pruners/median.ts';
import type { Pruner } from '../../search/pruners/pruner.ts';
import { studentTail } from '../../numerics/student.ts';
import { successiveHalvingPruner } from '../../search/pruners/successive-halving.ts';
import { signedRankTest, wilcoxonPruner } from '../../search/pruners/wilcoxon.ts';
import { randomStream } from '../../search/random.ts';
import { normalQuantile } from '../../numerics/normal.ts';
import type { Direction } from '../../search/direction.ts';
import type { FrozenTrial, TrialState } from '../../search/frozen-trial.ts';

const shape = { folds: 5, stepsPerFold: 20 };
const allSteps = [...Array(shape.folds * shape.stepsPerFold).keys()];

function makeTrial(number: number, reports: readonly number[], state: TrialState = 'COMPLETE'): FrozenTrial {
  return {
    number,
    state,
    value: state === 'COMPLETE' ? reports.reduce((sum, report) => sum + report, 0) / reports.length : null,
    params: {},
    distributions: {},
    intermediateValues: Object.fromEntries(reports.entries()),
    userAttributes: {},
    createdAt: '2026-01-31T12:00:00.000Z',
    startedAt: null,
    finishedAt: null,
  };
}

/** Reports that rise in each fold towards a level, with some noise. */
function makeReports(number: number, level: number): number[] {
  const noise = randomStream(1, number, 'noise');
  return allSteps.map((step) => level - 20 * 0.7 ** (step % shape.stepsPerFold) + noise() / 2);
}

/** Twelve complete trials with levels 80 … 91, one that diverged and one that was pruned. */
const history = [
  ...Array.from({ length: 12 }, (_, number) => makeTrial(number, makeReports(number, 80 + ((5 * number) % 12)))),
  makeTrial(12, [...makeReports(12, 50).slice(0, 30), NaN], 'FAIL'),
  makeTrial(13, makeReports(13, 60).slice(0, 5), 'PRUNED'),
];

/** The first step after which the trial is ended; null if none. */
function endOf(
  pruner: Pruner,
  reports: readonly number[],
  past: readonly FrozenTrial[] = history,
  { number = 20, direction = 'maximize' }: { number?: number; direction?: Direction } = {},
): number | null {
  const end = reports.findIndex((_, step) => {
    const trial = makeTrial(number, reports.slice(0, step + 1), 'RUNNING');
    return pruner({ direction, trial, step, history: past, random: (name) => randomStream(1, number, name) });
  });
  return end < 0 ? null : end;
}

const turn = (trial: FrozenTrial): FrozenTrial => ({
  ...trial,
  value: trial.value === null ? null : -trial.value,
  intermediateValues: Object.fromEntries(
    Object.entries(trial.intermediateValues).map(([step, value]) => [step, -value]),
  ),
});

const withReport = (trial: FrozenTrial, step: number, report: number): FrozenTrial => ({
  ...trial,
  intermediateValues: { ...trial.intermediateValues, [step]: report },
});

for (const name of Object.keys(pruners) as PrunerName[]) {
  const pruner = prunerByName(name, shape);
  const candidates = [70, 81, 84, 87, 90, 92].map((level) => makeReports(20, level));

  test(`${name} ends no trial that is better than all others at every step`, (t) => {
    for (let number = 20; number < 30; number += 1) t.is(endOf(pruner, makeReports(20, 99), history, { number }), null);
  });

  test(`${name} ends no trial before there is a history`, (t) => {
    for (const reports of candidates) t.is(endOf(pruner, reports, []), null);
  });

  test(`${name} decides when minimizing as when maximizing the negative`, (t) => {
    const turned = history.map(turn);
    for (const reports of candidates) {
      const negative = reports.map((report) => -report);
      t.is(endOf(pruner, negative, turned, { direction: 'minimize' }), endOf(pruner, reports));
    }
  });

  if (name !== 'none') {
    test(`${name} ends a trial that is far worse than all others`, (t) => {
      for (let number = 20; number < 30; number += 1) {
        t.not(endOf(pruner, makeReports(20, 40), history, { number }), null);
      }
    });

    test(`${name} takes NaN for the worst, in the trial and in the history`, (t) => {
      t.not(endOf(pruner, Array(100).fill(NaN)), null);
      const broken = history.map((trial) => withReport(trial, 0, NaN));
      t.is(endOf(pruner, makeReports(20, 99), broken), null);
    });
  }
}

test('unknown pruners and senseless options are refused', (t) => {
  t.throws(() => prunerByName('best', shape), {
    instanceOf: RangeError,
    message: 'Unknown pruner "best". Known: none, median, halving, hyperband, wilcoxon, folds.',
  });
  t.throws(() => prunerByName('folds', { folds: 5, stepsPerFold: 0 }), {
    instanceOf: RangeError,
    message: 'Expected `stepsPerFold` to be an integer from 1, got 0.',
  });
  t.throws(() => medianPruner({ startupTrials: 0 }), {
    instanceOf: RangeError,
    message: 'Expected `startupTrials` to be an integer from 1, got 0.',
  });
  t.throws(() => successiveHalvingPruner({ reductionFactor: 1 }), {
    instanceOf: RangeError,
    message: 'Expected `reductionFactor` to be an integer from 2, got 1.',
  });
  t.throws(() => wilcoxonPruner(shape, { threshold: 1 }), {
    instanceOf: RangeError,
    message: 'Expected `threshold` in (0, 1), got 1.',
  });
  t.throws(() => foldsPruner(shape, { risk: 0 }), {
    instanceOf: RangeError,
    message: 'Expected `risk` in (0, 1), got 0.',
  });
});

test('median pruner compares the best report so far with the median of complete trials at the step', (t) => {
  const past = [
    [1, 5],
    [2, 6],
    [3, 7],
    [4, 8],
  ].map((reports, number) => makeTrial(number, reports));
  const pruner = medianPruner({ startupTrials: 4 });
  t.is(endOf(pruner, [2.4], past), 0);
  t.is(endOf(pruner, [2.5, 6.4], past), 1);
  t.is(endOf(pruner, [6.5, 0], past), null);
  t.is(endOf(pruner, [2.4], past.slice(1)), null, 'startup');
  t.is(endOf(medianPruner({ startupTrials: 4, warmupSteps: 1 }), [2.4, 2.4], past), 1);
});

test('median pruner counts NaN among the complete trials as worst, and leaves pruned ones out', (t) => {
  const past = [NaN, 2, 3].map((report, number) => makeTrial(number, [report]));
  const pruner = medianPruner({ startupTrials: 3 });
  t.is(endOf(pruner, [2], past), null);
  t.is(endOf(pruner, [1.9], past), 0);
  t.is(endOf(pruner, [2], [...past, ...[8, 9].map((report, i) => makeTrial(3 + i, [report], 'PRUNED'))]), null);
});

test('successive halving lets the best share pass at each rung and does not look between them', (t) => {
  const past = Array.from({ length: 7 }, (_, number) => makeTrial(number, Array(8).fill(number)));
  const pruner = successiveHalvingPruner({ minResource: 2, reductionFactor: 2 });
  // Rungs after 2, 4 and 8 reports; of 8 trials 4 pass.
  t.is(endOf(pruner, [0, 3, 0, 3, 0, 0, 0, 3], past), null);
  t.is(endOf(pruner, [9, 2.9], past), 1);
  t.is(endOf(pruner, [9, 9, 9, 2.9], past), 3);
  t.is(endOf(pruner, [9, 9, 9, 9, 9, 9, 0, 2.9], past), 7);
  t.is(endOf(pruner, [9, 3], past.slice(5)), 1, 'of 3 trials the best one passes');
});

test('hyperband gives its brackets about the same number of steps', (t) => {
  const trials = 2000;
  const counts = new Map<number | null, number>();
  const worst = allSteps.map(() => 0);
  const past = Array.from({ length: 20 }, (_, number) => makeTrial(number, makeReports(number, 80)));
  const pruner = prunerByName('hyperband', shape);
  for (let number = 20; number < 20 + trials; number += 1) {
    const end = endOf(pruner, worst, past, { number });
    counts.set(end, (counts.get(end) ?? 0) + 1);
  }
  // Shares of 5 brackets: ⌈5 · 3^h / (h + 1)⌉ for h = 4 … 0 halvings after the first rung.
  const shares = [81, 34, 15, 8, 5];
  // The last brackets may hold none of the 20 earlier trials, and the only one passes.
  for (const [bracket, end] of [0, 2].entries()) {
    const share = shares[bracket] / 143;
    const tolerance = 5 * Math.sqrt((share * (1 - share)) / trials);
    t.true(Math.abs((counts.get(end) ?? 0) / trials - share) < tolerance, `bracket ${bracket}`);
  }
  t.true([...counts.keys()].every((end) => [0, 2, 8, 26, 80, null].includes(end)));
});

/** P(sum of positive ranks ≤ the one seen) by trying all signs. */
function signedRankByEnumeration(differences: readonly number[]): number {
  const kept = differences.filter((difference) => difference !== 0);
  const rank = (size: number): number =>
    kept.filter((other) => Math.abs(other) < size).length +
    (kept.filter((other) => Math.abs(other) === size).length + 1) / 2;
  const ranks = kept.map((difference) => rank(Math.abs(difference)));
  const positive = (isPositive: (i: number) => boolean): number =>
    ranks.reduce((sum, own, i) => sum + (isPositive(i) ? own : 0), 0);
  const seen = positive((i) => kept[i] > 0);
  let count = 0;
  for (let signs = 0; signs < 2 ** kept.length; signs += 1)
    count += Number(positive((i) => (signs >> i) % 2 === 1) <= seen);
  return count / 2 ** kept.length;
}

test('signed-rank p is that of all signs tried, with ties and zeros', (t) => {
  t.is(signedRankTest([-1, -2, -3, -4]), 1 / 16);
  t.is(signedRankTest([-1, -2, -3, -4, 5]), 10 / 32);
  t.is(signedRankTest([]), 1);
  for (const differences of [
    [-2, 1, -1, -3, 3, -3],
    [0, -1, 0, -2, 2],
    [0.5, -0.25, -4, -1, -8, -0.5, 0.125],
  ]) {
    t.is(signedRankTest(differences), signedRankByEnumeration(differences));
  }
});

test('wilcoxon pruner acts on the ends of four folds that are all worse than those of the best trial', (t) => {
  const best = makeTrial(0, Array(100).fill(90));
  const pruner = prunerByName('wilcoxon', shape);
  t.is(
    endOf(
      pruner,
      allSteps.map((step) => 89 - step / 100),
      [best],
    ),
    79,
  );
  t.is(
    endOf(
      pruner,
      allSteps.map((step) => (step === 39 ? 95 : 89.5 - step / 100)),
      [best],
    ),
    null,
  );
});

test('student tail has the values of the tables', (t) => {
  // The tables print the quantiles to six decimals, where the density is below 0.3.
  const tolerance = 3e-7;
  for (const [degrees, quantile, tail] of [
    [1, 1, 0.25],
    [1, 12.706205, 0.025],
    [2, 4.302653, 0.025],
    [4, 2.776445, 0.025],
    [5, 4.032143, 0.005],
    [8, 3.355387, 0.005],
    [30, 2.457262, 0.01],
  ]) {
    t.true(Math.abs(studentTail(quantile, degrees) - tail) < tolerance, `ν = ${degrees}`);
    t.true(Math.abs(studentTail(-quantile, degrees) - (1 - tail)) < tolerance, `ν = ${degrees}`);
  }
  // The tail differs from the normal one by about (t³ + t) φ(t) / 4ν.
  t.true(Math.abs(studentTail(normalQuantile(0.99), 100_000) - 0.01) < 1e-5);
});

test('folds pruner ends a trial where the t test of its first fold says so', (t) => {
  // Residuals ±1, ±1, ±1, ±1, 0: σ² = 8 / 4. Two peers of five folds leave four degrees of freedom.
  const past = [
    [11, 9, 11, 9, 10],
    [8, 10, 8, 10, 9],
  ].map((scores, number) => makeTrial(number, scores));
  const pruner = foldsPruner({ folds: 5, stepsPerFold: 1 }, { risk: 0.2 });
  // t₀.₉₇₅ = 2.776445 for a risk of 0.2 / 2 / 4; one fold of five forecasts with variance σ² (1 − 1/5).
  const limit = 10 - 2.776445 * Math.sqrt(2 * 0.8);
  t.is(endOf(pruner, [limit - 1e-4], past), 0);
  t.is(endOf(pruner, [limit + 1e-4], past), null);
  // Two folds: half the distance on the second one may be made up for.
  const second = 20 - 2 * 2.776445 * Math.sqrt(2 * 0.3) - 9;
  t.is(endOf(pruner, [9, second - 1e-4], past), 1);
  t.is(endOf(pruner, [9, second + 1e-4], past), null);
  t.is(endOf(pruner, [10, 10, 10, 10, -99], past), null, 'a trial at its end is not pruned');
});

test('folds pruner takes off what a fold adds to every trial', (t) => {
  const past = [
    [21, 9, 11, 9, 0],
    [18, 10, 8, 10, -1],
  ].map((scores, number) => makeTrial(number, scores));
  const pruner = foldsPruner({ folds: 5, stepsPerFold: 1 }, { risk: 0.2 });
  const limit = 20 - 2.776445 * Math.sqrt(2 * 0.8);
  t.is(endOf(pruner, [limit - 1e-4], past), 0);
  t.is(endOf(pruner, [limit + 1e-4], past), null);
});

test('folds pruner adds the gain that is still to come', (t) => {
  // As before, with an epoch in front after which every fold gains 1: the forecast is certain.
  const past = [
    [11, 9, 11, 9, 10],
    [8, 10, 8, 10, 9],
  ].map((scores, number) =>
    makeTrial(
      number,
      scores.flatMap((score) => [score - 1, score]),
    ),
  );
  // t₀.₉₇₅ for a risk of 0.25 / 2 / 5.
  const pruner = foldsPruner({ folds: 5, stepsPerFold: 2 }, { risk: 0.25 });
  const limit = 9 - 2.776445 * Math.sqrt(2 * 0.8);
  t.is(endOf(pruner, [limit - 1e-4], past), 0);
  t.is(endOf(pruner, [limit + 1e-4], past), null);
});

test('folds pruner trusts a gain that is still to come as far as it is known', (t) => {
  // The scores as before, σ² = 2. Gains differ by W = 1 within each trial, and are 2 and 4 in the mean: γ = 3 and B = 2.
  const past = [
    { scores: [11, 9, 11, 9, 10], gains: [1, 3, 1, 3, 2] },
    { scores: [8, 10, 8, 10, 9], gains: [3, 5, 3, 5, 4] },
  ].map(({ scores, gains }, number) =>
    makeTrial(
      number,
      scores.flatMap((score, fold) => [score - gains[fold], score]),
    ),
  );
  const pruner = foldsPruner({ folds: 5, stepsPerFold: 2 }, { risk: 0.25 });
  const deviation = (known: number): number => 2.776445 * Math.sqrt(2 * (1 / known - 1 / 5));
  // The gain of a new trial is known to B (1 + 1/2), that of one of its folds to W more: φ² = 4, a part 2 / 6 of a fold.
  const first = 10 - 3 - deviation(1 / 3);
  t.is(endOf(pruner, [first - 1e-4], past), 0);
  t.is(endOf(pruner, [first + 1e-4], past), null);
  // A first fold that gained 5 weighs 3 / (3 + 1): the gain is 4.5, and φ² = 3/4 + 1.
  const part = 2 / (2 + 1.75);
  const second = ((1 + part) * (10 - deviation(1 + part)) - 9) / part - 4.5;
  t.is(endOf(pruner, [4, 9, second - 1e-4], past), 2);
  t.is(endOf(pruner, [4, 9, second + 1e-4], past), null);
});

test('folds pruner knows a slow learner by its first fold', (t) => {
  const curve = (level: number, slowness: number, number: number): number[] =>
    makeReports(number, level).map((report, step) => report - 8 * slowness * 0.8 ** (step % 20));
  const past = [0, 1, 2, 3, 4, 5, 6, 7].map((number) =>
    makeTrial(number, curve(88 + (number % 2), number / 8, number)),
  );
  const pruner = foldsPruner(shape);
  const slow = curve(89.5, 1, 20);
  t.is(endOf(pruner, slow, past), null);
  // The same start of a second fold is a bad sign after a first one that learnt fast.
  t.not(endOf(pruner, [...curve(89.5, 0, 20).slice(0, 20), ...slow.slice(20).map((report) => report - 3)], past), null);
});

test('folds pruner seldom loses the best trial of a simulated study and saves two fifths of the work', (t) => {
  const studies = 60;
  let lost = 0;
  let trained = 0;
  for (let seed = 0; seed < studies; seed += 1) {
    const full = Array.from({ length: 30 }, (_, number) => {
      const noise = randomStream(seed, number, 'fold');
      const level = 90 + normalQuantile(noise() * 0.998 + 0.001);
      const foldLevels = [0, 1, 2, 3, 4].map((fold) => level + fold / 2 + normalQuantile(noise() * 0.998 + 0.001) / 3);
      const slowness = 5 * noise();
      return makeTrial(
        number,
        allSteps.map((step) => {
          const left = 1 - (step % 20) / 19;
          return foldLevels[Math.floor(step / 20)] - left * (slowness + noise());
        }),
      );
    });
    const outcomes: FrozenTrial[] = [];
    const scoreOf = ({ intermediateValues }: FrozenTrial): number =>
      [19, 39, 59, 79, 99].reduce((sum, step) => sum + intermediateValues[step], 0);
    for (const trial of full) {
      const reports = Object.values(trial.intermediateValues);
      const end = endOf(prunerByName('folds', shape), reports, outcomes, { number: trial.number });
      outcomes.push(end === null ? trial : makeTrial(trial.number, reports.slice(0, end + 1), 'PRUNED'));
      trained += (end ?? 99) + 1;
    }
    const [best] = full.toSorted((a, b) => scoreOf(b) - scoreOf(a));
    lost += Number(outcomes[best.number].state === 'PRUNED');
  }
  t.true(lost / studies <= 0.02, `${lost} of ${studies}`);
  t.true(trained / (studies * 30 * 100) < 0.6, `${trained / (studies * 3000)} of the work`);
});

test('fold order puts the fold first that tells bad trials apart', (t) => {
  const small = { folds: 3, stepsPerFold: 1, direction: 'maximize' } as const;
  t.deepEqual(foldOrder([], small), [0, 1, 2]);
  // The last trial falls behind on the last fold alone.
  const past = [
    [9.1, 9, 9],
    [9, 9.1, 9],
    [9, 9, 9.1],
    [9, 8.9, 8],
  ].map((scores, number) => makeTrial(number, scores));
  t.deepEqual(foldOrder(past, small), [2, 1, 0]);
  t.deepEqual(foldOrder(past.map(turn), { ...small, direction: 'minimize' }), [2, 1, 0]);
});

test('folds pruner remembers what it made of a history, and decides as if it had not', (t) => {
  const shapes = [
    { folds: 5, stepsPerFold: 4 },
    { folds: 2, stepsPerFold: 10 },
  ];
  const uniform = randomStream(3, 0, 'test');
  const trials = Array.from({ length: 40 }, (_, number) => {
    const level = 0.9 + 0.05 * uniform();
    const reports = Array.from({ length: 20 }, (_step, step) => level - 0.2 / (1 + (step % 4)) + 0.01 * uniform());
    return makeTrial(number, reports);
  });
  let ended = 0;
  for (const direction of ['maximize', 'minimize'] as const) {
    for (const ofShape of shapes) {
      const pruner = foldsPruner(ofShape);
      for (const trial of trials) {
        const past = trials.slice(0, Math.max(trial.number - 2, 0));
        const copy = (): FrozenTrial[] => structuredClone([...past]);
        t.deepEqual(foldOrder(past, { ...ofShape, direction }), foldOrder(copy(), { ...ofShape, direction }));
        for (let step = 0; step < 20; step++) {
          const reported = Object.fromEntries(Object.entries(trial.intermediateValues).slice(0, step + 1));
          const context = { direction, trial: { ...trial, intermediateValues: reported }, step, random: () => uniform };
          const isEnded = pruner({ ...context, history: past });
          t.is(isEnded, foldsPruner(ofShape)({ ...context, history: copy() }));
          ended += Number(isEnded);
        }
      }
    }
  }
  t.true(ended > 0, `${ended}`);
});
