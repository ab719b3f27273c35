import { readFileSync } from 'node:fs';
import test from 'ava';
import { growForest, marginal } from '../../search/analysis/forest.ts';
import { importanceMethods, importanceTrials } from '../../search/analysis/importance/index.ts';
import { importanceDoubt, importanceWithRanges } from '../../search/analysis/importance/ranges.ts';
import type { ImportanceMethodName } from '../../search/analysis/importance/index.ts';
import type { Importances } from '../../search/analysis/importance/importance.ts';
import { treeVariances } from '../../search/analysis/importance/tree-variance.ts';
import { densityOnGrid } from '../../search/analysis/importance/ped-anova.ts';
import type { Params, SearchSpace } from '../../search/distributions.ts';
import { StudyError } from '../../search/study-error.ts';
import { snapshot, unitTrials } from './snapshot.ts';

/** Numbers of Optuna 5.0 for 12 and 60 random trials, of which some have one more parameter. */
interface Golden {
  space: SearchSpace;
  studies: { name: string; trials: { params: Params; value: number }[]; shares: Record<string, number> }[];
}
const golden: Golden = JSON.parse(readFileSync(new URL('../fixtures/ped_anova_golden.json', import.meta.url), 'utf8'));
/** Two programs sum the same float64 numbers in different orders. */
const goldenTolerance = 1e-12;
/** Shares add up to 1 but for rounding. */
const sumTolerance = 1e-12;
/** A forest of 400 random points is a rough picture of a smooth function; deviations seen are up to .04. */
const forestTolerance = 0.06;

const shareOf = ({ shares }: Importances, ...names: string[]): number =>
  shares.find(({ parameters }) => parameters.join() === names.join())?.share ?? NaN;

for (const [name, method] of Object.entries(importanceMethods)) {
  test(`${name} gives shares, the largest first, that add up to one at most`, (t) => {
    const { shares, trials } = method(unitTrials(['x', 'y', 'z'], 60, ({ x, y, z }) => x + y * z));
    t.is(trials, 60);
    t.deepEqual(shares.flatMap(({ parameters }) => (parameters.length === 1 ? parameters : [])).toSorted(), [
      'x',
      'y',
      'z',
    ]);
    t.deepEqual(
      shares.map(({ share }) => share),
      shares.map(({ share }) => share).toSorted((a, b) => b - a),
    );
    t.true(shares.every(({ share }) => share >= 0));
    t.true(shares.reduce((sum, { share }) => sum + share, 0) <= 1 + sumTolerance);
  });

  test(`${name} finds the parameter that matters more than all others together, also a categorical one`, (t) => {
    const space: SearchSpace = {
      noise: { kind: 'float', low: 1e-4, high: 1, log: true },
      mode: { kind: 'categorical', choices: ['a', null, 'b', false] },
      units: { kind: 'int', low: 3, high: 3 },
    };
    const choices = ['a', null, 'b', false];
    const told = Array.from({ length: 80 }, (_, i) => ({
      params: { noise: 10 ** (-4 * ((i * 0.618) % 1)), mode: choices[(i * 7 + (i >> 3)) % 4], units: 3 },
      outcome: [3, 1, 7, 2][(i * 7 + (i >> 3)) % 4] + 1e-6 * i,
    }));
    const result = method(snapshot(space, told));
    t.is(result.shares[0].parameters.join(), 'mode');
    t.true(result.shares[0].share > 0.5, `${result.shares[0].share}`);
    const named = result.shares.flatMap(({ parameters }) => parameters).concat(result.leftOut);
    t.false(named.includes('units'), 'it has one value only');
  });

  test(`${name} does not depend on the direction of a mirrored study`, (t) => {
    const study = unitTrials(['x', 'y'], 40, ({ x, y }) => x + y / 2);
    const mirrored = {
      ...study,
      definition: { ...study.definition, direction: 'maximize' as const },
      trials: study.trials.map((trial) => Object.assign({ ...trial }, { value: -trial.value! })),
    };
    const [one, two] = [method(study), method(mirrored)];
    for (const { parameters, share } of one.shares) {
      t.true(Math.abs(share - shareOf(two, ...parameters)) < goldenTolerance, parameters.join());
    }
  });

  test(`${name} refuses a study in which all trials are alike`, (t) => {
    for (const count of [0, 1, 5])
      t.throws(() => method(unitTrials(['x'], count, () => 1)), { instanceOf: StudyError });
    t.throws(() => method(unitTrials(['x'], 5, () => 'FAIL')), { instanceOf: StudyError });
  });

  test(`${name} looks at no trial that is not finished`, (t) => {
    const study = unitTrials(['x', 'y'], 30, ({ x }) => x);
    const [last] = study.trials.slice(-1);
    const waiting = { ...last, state: 'WAITING' as const, value: null, params: {}, distributions: {} };
    t.deepEqual(method({ ...study, trials: [...study.trials, waiting] }), method(study));
  });
}

for (const { name, trials, shares } of golden.studies) {
  test(`ped-anova agrees with Optuna, ${name} trials`, (t) => {
    const told = trials.map(({ params, value }) => ({ params, outcome: value }));
    const result = importanceMethods['ped-anova'](snapshot(golden.space, told));
    t.is(result.shares.length, Object.keys(shares).length);
    for (const [parameter, share] of Object.entries(shares)) {
      t.true(Math.abs(shareOf(result, parameter) - share) < goldenTolerance, parameter);
    }
  });
}

test('the density of choices is the mixture of their kernels', (t) => {
  // Two kernels and the prior: 1/3 on every choice and 1 on the own one, over 1 + 3 · 1/3.
  const density = densityOnGrid({ kind: 'categorical', choices: ['a', 'b', 'c'] }, ['a', 'a', 'b']);
  for (const [i, expected] of [
    (2 * (4 / 6) + 1 / 6 + 1 / 3) / 4,
    (2 * (1 / 6) + 4 / 6 + 1 / 3) / 4,
    (2 * (1 / 6) + 1 / 6 + 1 / 3) / 4,
  ].entries()) {
    // The density is lifted a little off zero.
    t.true(Math.abs(density[i] - expected) < 2e-12);
  }
});

test('ped-anova counts pruned and diverged trials as the worst', (t) => {
  const value = ({ x, y }: Record<string, number>): number => x + y / 100;
  const complete = unitTrials(['x', 'y'], 60, (params) => value(params) + (params.y > 0.5 ? 100 : 0));
  for (const state of ['PRUNED', 'FAIL'] as const) {
    const ended = unitTrials(['x', 'y'], 60, (params) => (params.y > 0.5 ? state : value(params)));
    t.deepEqual(importanceMethods['ped-anova'](ended), importanceMethods['ped-anova'](complete));
  }
});

test('fanova finds the variance shares of a sum', (t) => {
  // Var(a u) = a²/12 for u even in [0, 1].
  const result = importanceMethods.fanova(unitTrials(['x', 'y', 'z'], 400, ({ x, y, z }) => 3 * x + 2 * y + z));
  for (const [name, factor] of Object.entries({ x: 3, y: 2, z: 1 })) {
    t.true(Math.abs(shareOf(result, name) - factor ** 2 / 14) < forestTolerance, name);
  }
  for (const pair of [
    ['x', 'y'],
    ['x', 'z'],
    ['y', 'z'],
  ]) {
    t.true(shareOf(result, ...pair) < forestTolerance, pair.join());
  }
});

test('fanova finds a pair of parameters that matters only together', (t) => {
  const result = importanceMethods.fanova(unitTrials(['x', 'y', 'z'], 400, ({ x, y }) => (x - 0.5) * (y - 0.5)));
  t.true(shareOf(result, 'x', 'y') > 1 - 2 * forestTolerance);
  for (const name of 'xyz') t.true(shareOf(result, name) < forestTolerance, name);
});

test('fanova is exact where a tree can be: one trial for each of two choices', (t) => {
  const space: SearchSpace = {
    a: { kind: 'categorical', choices: [true, false] },
    b: { kind: 'categorical', choices: [true, false] },
  };
  const told = [true, false].flatMap((a) => [true, false].map((b) => ({ params: { a, b }, outcome: a ? 4 : 0 })));
  const result = importanceMethods.fanova(snapshot(space, Array.from({ length: 10 }, () => told).flat()));
  t.true(Math.abs(shareOf(result, 'a') - 1) < goldenTolerance);
  t.is(shareOf(result, 'b'), 0);
});

test('fanova takes a parameter that is searched in the logarithm in the logarithm', (t) => {
  const space: SearchSpace = {
    rate: { kind: 'float', low: 1e-4, high: 1, log: true },
    x: { kind: 'float', low: 0, high: 1 },
  };
  const study = unitTrials(['u', 'x'], 400, () => 0);
  // Both have the variance of an even distribution over [0, 1].
  const told = study.trials.map(({ params: { u, x } }) => ({
    params: { rate: 10 ** (-4 * Number(u)), x },
    outcome: Number(u) + Number(x),
  }));
  const result = importanceMethods.fanova(snapshot(space, told));
  t.true(Math.abs(shareOf(result, 'rate') - 0.5) < forestTolerance);
  t.true(Math.abs(shareOf(result, 'x') - 0.5) < forestTolerance);
});

test('fanova names the parameters that not all complete trials have', (t) => {
  const study = unitTrials(['x', 'y'], 40, ({ x, y }) => x + y);
  const [first, ...others] = study.trials;
  const { y: _y, ...params } = first.params;
  const { y: _d, ...distributions } = first.distributions;
  const { shares, leftOut } = importanceMethods.fanova({
    ...study,
    trials: [{ ...first, params, distributions }, ...others],
  });
  t.deepEqual(leftOut, ['y']);
  t.deepEqual(
    shares.map(({ parameters }) => parameters),
    [['x']],
  );
});

test('what one and two axes of a tree explain is what its values over all cells say', (t) => {
  const space: SearchSpace = {
    x: { kind: 'float', low: 0, high: 1 },
    rate: { kind: 'float', low: 1e-3, high: 1, log: true },
    mode: { kind: 'categorical', choices: ['a', 'b', 'c', 'd'] },
    still: { kind: 'float', low: 0, high: 1 },
  };
  const study = unitTrials(['x', 'u', 'm', 'still'], 30, () => 0);
  const rows = study.trials.map(({ params: { x, u, m, still } }) => [
    x,
    10 ** (-3 * Number(u)),
    'abcd'[Math.floor(4 * Number(m))],
    still,
  ]);
  const values = rows.map(([x, rate, mode]) => Number(x) * (mode === 'b' ? 3 : 1) + Math.log(Number(rate)) ** 2);
  const { axes, trees } = growForest(Object.values(space), rows, values, 1);
  const sets = [[0], [1], [2], [3], [0, 1], [0, 2], [1, 2], [2, 3]];
  const weightsOf = (set: readonly number[]): number[] =>
    set.reduce<number[]>((all, d) => all.flatMap((one) => Array.from(axes[d].widths, (width) => one * width)), [1]);
  const weights = [...sets, [0, 1, 2, 3]].map(weightsOf);
  for (const tree of trees.slice(0, 8)) {
    // By the definition: the mean over every cell of all other axes.
    const variances = [...sets, [0, 1, 2, 3]].map((set, i) => {
      const cells = marginal(axes, tree, set);
      const mean = cells.reduce((sum, value, cell) => sum + weights[i][cell] * value, 0);
      return cells.reduce((sum, value, cell) => sum + weights[i][cell] * (value - mean) ** 2, 0);
    });
    const { total, explained } = treeVariances(axes, tree, sets);
    t.true(Math.abs(total - variances[sets.length]) < 1e-9 * total);
    for (const [i, variance] of explained.entries()) t.true(Math.abs(variance - variances[i]) < 1e-9 * total);
  }
});

test('fanova of 40 parameters names them all, and pairs of the 24 at which the trees split the most', (t) => {
  const names = Array.from({ length: 40 }, (_, i) => `p${i}`);
  const { shares } = importanceMethods.fanova(unitTrials(names, 60, ({ p7, p30 }) => (p7 - 0.5) * (p30 - 0.5)));
  t.is(shares.filter(({ parameters }) => parameters.length === 1).length, 40);
  t.is(shares.filter(({ parameters }) => parameters.length === 2).length, (24 * 23) / 2);
  t.true(shareOf({ shares } as Importances, 'p7', 'p30') > 0.02);
});

test('of a long study a sample is looked at, which is told and says nearly the same', (t) => {
  const study = unitTrials(['x', 'y', 'z'], 12_000, ({ x, y, z }) => 3 * x + 2 * y + z);
  for (const [name, most] of [
    ['fanova', 1_000],
    ['ped-anova', 10_000],
  ] as const) {
    const { shares, trials, of } = importanceMethods[name](study);
    t.deepEqual([trials, of], [most, 12_000]);
    t.is(shares[0].parameters.join(), 'x');
    // The trials that are looked at say the same by themselves.
    const looked = importanceTrials[name](study);
    t.deepEqual(importanceMethods[name]({ ...study, trials: looked.trials }).shares, shares);
  }
  const { shares } = importanceMethods.fanova(study);
  for (const [name, factor] of Object.entries({ x: 3, y: 2, z: 1 })) {
    t.true(Math.abs(shareOf({ shares } as Importances, name) - factor ** 2 / 14) < forestTolerance, name);
  }
});

test('fanova of the largest and the smallest numbers has shares that are numbers', (t) => {
  for (const scale of [1e308, 1e-300]) {
    const { shares } = importanceMethods.fanova(unitTrials(['x', 'y'], 60, ({ x, y }) => scale * (x + y / 8)));
    t.is(shares[0].parameters.join(), 'x');
    t.true(shares.every(({ share }) => share >= 0 && share <= 1));
  }
});

test('fanova gives the same for the same seed', (t) => {
  const study = unitTrials(['x', 'y'], 40, ({ x, y }) => x * y);
  const method = 'fanova' satisfies ImportanceMethodName;
  t.deepEqual(importanceMethods[method](study), importanceMethods[method](study));
  const other = { ...study, definition: { ...study.definition, seed: 2 } };
  t.notDeepEqual(importanceMethods[method](other), importanceMethods[method](study));
});

for (const method of ['ped-anova', 'fanova'] as const) {
  test(`${method} tells with many trials which parameter matters more, and says where they are too few`, (t) => {
    const many = importanceWithRanges(
      method,
      unitTrials(['x', 'y'], 300, ({ x, y }) => 3 * x + y / 2),
    );
    t.is(many.samples, 20);
    t.deepEqual(
      many.shares,
      importanceWithRanges(
        method,
        unitTrials(['x', 'y'], 300, ({ x, y }) => 3 * x + y / 2),
      ).shares,
    );
    for (const { low, share, high } of many.shares) t.true(low <= share && share <= high && high <= 1);
    t.is(importanceDoubt(many), null);
    const { shares } = importanceMethods[method](unitTrials(['x', 'y'], 300, ({ x, y }) => 3 * x + y / 2));
    t.deepEqual(
      many.shares.map(({ parameters, share }) => ({ parameters, share })),
      shares,
    );
    const few = importanceWithRanges(
      method,
      unitTrials(['x', 'y'], 12, ({ x, y }) => x + y),
    );
    t.regex(importanceDoubt(few)!, /^12 trials are too few to tell whether [xy] or [xy] matters more/);
  });
}
