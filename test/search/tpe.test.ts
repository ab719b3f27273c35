import { readFileSync } from 'node:fs';
import test from 'ava';
import { parseDistribution } from '../../search/distributions.ts';
import type { Distribution, NumericDistribution } from '../../search/distributions.ts';
import { columnOf } from '../../search/samplers/columns.ts';
import { placeKernels } from '../../search/samplers/kernels.ts';
import type { Kernels } from '../../search/samplers/kernels.ts';
import { observationWeights, parzenEstimator } from '../../search/samplers/parzen.ts';
import type { ParzenEstimator, Point } from '../../search/samplers/parzen.ts';
import { belowCount, bestTrials } from '../../search/samplers/tpe.ts';
import type { FrozenTrial } from '../../search/trial.ts';

/** Densities, widths and weights computed by Optuna 3.1 for six sets of observations. */
interface Golden {
  space: Record<string, { name: string; attributes: Record<string, unknown> }>;
  gamma: Record<string, number>;
  cases: {
    n: number;
    obs: Record<string, number[]>;
    x: Record<string, number[]>;
    weights: number[];
    sigma: Record<string, number[] | null>;
    mu: Record<string, number[] | null>;
    log_pdf: number[];
    uni: Record<string, number[]>;
  }[];
}
const golden: Golden = JSON.parse(readFileSync(new URL('../fixtures/tpe_golden.json', import.meta.url), 'utf8'));
/** The reference has float64 rounding of its own, in tails of e⁻⁵⁰⁰⁰ too. */
const goldenTolerance = 1e-9;

const space: Record<string, Distribution> = Object.fromEntries(
  Object.entries(golden.space).map(([name, { name: kind, attributes }]) => {
    const given = Object.fromEntries(
      Object.entries(attributes).filter(([, value]) => value !== null && value !== false),
    );
    const distribution = { kind: kind.replace('Distribution', '').toLowerCase(), ...given } as Distribution;
    return [name, parseDistribution(name, distribution)];
  }),
);
const names = Object.keys(space);
const distributions = Object.values(space);

/** The values of a categorical parameter are indices here, as in points. */
function column(values: readonly number[], distribution: Distribution) {
  const isCategorical = distribution.kind === 'categorical';
  return columnOf(isCategorical ? values.map((index) => distribution.choices[index]) : values, distribution);
}

function kernelsOf(values: readonly number[], distribution: NumericDistribution): Kernels {
  return placeKernels(column(values, distribution), distribution, Int32Array.from(values.keys()), values.length, false);
}

function estimatorOf(points: readonly Point[], from: readonly Distribution[]): ParzenEstimator {
  const columns = from.map((distribution, d) =>
    column(
      points.map((point) => point[d]),
      distribution,
    ),
  );
  return parzenEstimator(columns, Uint32Array.from(points.keys()), from);
}

/**
 * The reference sorts equal observations in an order of its own (NumPy's sort is not stable), which decides who of them
 * has which width. Nudges them by some rounding errors apart, into that order.
 */
function withReferenceTies(name: string, values: readonly number[], wanted: readonly number[]): number[] {
  const distribution = space[name];
  if (distribution.kind === 'categorical') return [...values];
  const { widths } = kernelsOf(values, distribution);
  const nudged = [...values];
  for (const [value, members = []] of Map.groupBy(values.keys(), (i) => values[i])) {
    const left = new Set(members);
    for (const [rank, i] of members.entries()) {
      const member = [...left].find((j) => Math.abs(wanted[j] - widths[i]) < goldenTolerance) ?? i;
      left.delete(member);
      // Inwards, where values still are of the distribution.
      const place = value === distribution.high ? rank - members.length : rank;
      nudged[member] = value + place * 8 * Number.EPSILON * Math.max(1, value);
    }
  }
  return nudged;
}

for (const { n, obs: observed, x, weights, sigma, mu, log_pdf: logPdf, uni } of golden.cases) {
  const obs = Object.fromEntries(
    Object.entries(observed).map(([name, values]) => [name, withReferenceTies(name, values, sigma[name] ?? [])]),
  );
  test(`estimator of ${n} observations has the weights, centres and widths of the reference`, (t) => {
    t.true(largestDifference([...observationWeights(n)], weights) < goldenTolerance);
    for (const [name, distribution] of Object.entries(space)) {
      const [wantedWidths, wantedCentres] = [sigma[name], mu[name]];
      if (distribution.kind === 'categorical' || wantedWidths === null || wantedCentres === null) continue;
      const { centres, widths } = kernelsOf(obs[name], distribution);
      t.true(largestDifference([...centres], wantedCentres) < goldenTolerance, `centres of ${name}`);
      t.true(largestDifference([...widths], wantedWidths) < goldenTolerance, `widths of ${name}`);
    }
  });

  test(`estimator of ${n} observations has the joint and the single log-densities of the reference`, (t) => {
    const points = (from: Record<string, number[]>, of: readonly string[]): number[][] =>
      from[of[0]].map((_, i) => of.map((name) => from[name][i]));
    const joint = estimatorOf(points(obs, names), distributions);
    t.true(largestDifference(points(x, names).map(joint.logDensity), logPdf) < goldenTolerance, 'joint');
    for (const name of names) {
      const single = estimatorOf(points(obs, [name]), [space[name]]);
      t.true(largestDifference(points(x, [name]).map(single.logDensity), uni[name]) < goldenTolerance, name);
    }
  });
}

function largestDifference(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) return Infinity;
  return Math.max(0, ...actual.map((value, i) => Math.abs(value - expected[i])));
}

test('the number of best trials is the one of the reference', (t) => {
  for (const [n, count] of Object.entries(golden.gamma)) t.is(belowCount(Number(n)), count);
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
