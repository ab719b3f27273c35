/**
 * Compares our Parzen estimator with recorded numbers of Optuna's: log-densities, widths and weights for six sets of
 * observations, joint and for each parameter.
 */
import { readFileSync } from 'node:fs';
import { parseDistribution } from '../search/distributions.ts';
import type { Distribution, NumericDistribution } from '../search/distributions.ts';
import { columnOf } from '../search/samplers/columns.ts';
import type { Column } from '../search/samplers/columns.ts';
import { placeComponents } from '../search/samplers/parzen-components.ts';
import type { Components } from '../search/samplers/parzen-components.ts';
import { observationWeights, parzenEstimator } from '../search/samplers/parzen.ts';

interface Golden {
  readonly space: Record<string, { name: string; attributes: Record<string, unknown> }>;
  readonly gamma: Record<string, number>;
  readonly cases: readonly {
    readonly n: number;
    readonly obs: Record<string, number[]>;
    readonly x: Record<string, number[]>;
    readonly weights: number[];
    readonly sigma: Record<string, number[] | null>;
    readonly mu: Record<string, number[] | null>;
    readonly log_pdf: number[];
    readonly uni: Record<string, number[]>;
  }[];
}

export interface GoldenComparison {
  readonly observations: number;
  /** Largest absolute differences by compared quantity: `weights`, `joint`, `widths of x`, `density of x`, … */
  readonly differences: Readonly<Record<string, number>>;
}

/** Tolerance for rounding errors of the reference, also in tails of e⁻⁵⁰⁰⁰. */
export const goldenTolerance = 1e-9;

const golden: Golden = JSON.parse(readFileSync(new URL('../test/fixtures/tpe_golden.json', import.meta.url), 'utf8'));

/** Number of trials in the better group, by the number of all trials. */
export const goldenBelowCounts = golden.gamma;

export function compareWithGolden(): GoldenComparison[] {
  const space = Object.entries(golden.space).map(
    ([name, reference]) => [name, fromReference(name, reference)] as const,
  );
  return golden.cases.map(({ n, obs, x, weights, sigma, mu, log_pdf: logDensities, uni }) => {
    const members = Uint32Array.from({ length: n }, (_, i) => i);
    const columns: Column[] = [];
    const differences: Record<string, number> = { weights: largestDifference([...observationWeights(n)], weights) };
    for (const [name, distribution] of space) {
      const column = columnWithReferenceTies(obs[name], sigma[name] ?? [], distribution);
      columns.push(column);
      if (distribution.kind !== 'categorical') {
        const { centres, widths } = kernelsOf(column, distribution, n);
        differences[`centres of ${name}`] = largestDifference([...centres], mu[name] ?? []);
        differences[`widths of ${name}`] = largestDifference([...widths], sigma[name] ?? []);
      }
      const single = parzenEstimator([column], members, [distribution]);
      const densities = x[name].map((value) => single.logDensity([value]));
      differences[`density of ${name}`] = largestDifference(densities, uni[name]);
    }
    const joint = parzenEstimator(
      columns,
      members,
      space.map(([, distribution]) => distribution),
    );
    const densities = logDensities.map((_, i) => joint.logDensity(space.map(([name]) => x[name][i])));
    differences['joint density'] = largestDifference(densities, logDensities);
    return { observations: n, differences };
  });
}

function fromReference(name: string, { name: kind, attributes }: Golden['space'][string]): Distribution {
  const given = Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== null && value !== false));
  return parseDistribution(name, { kind: kind.replace('Distribution', '').toLowerCase(), ...given } as Distribution);
}

function kernelsOf(column: Column, distribution: NumericDistribution, count: number): Components {
  return placeComponents(
    column,
    distribution,
    Int32Array.from({ length: count }, (_, i) => i),
    count,
  );
}

/**
 * The reference sorts equal observations by NumPy's unstable sort, and the order decides their widths. This moves them
 * apart by a few rounding errors, into the order of the reference.
 */
function columnWithReferenceTies(
  values: readonly number[],
  wanted: readonly number[],
  distribution: Distribution,
): Column {
  if (distribution.kind === 'categorical') {
    return columnOf(
      values.map((index) => distribution.choices[index]),
      distribution,
    );
  }
  const { widths } = kernelsOf(columnOf(values, distribution), distribution, values.length);
  const nudged = [...values];
  for (const [value, members = []] of Map.groupBy(values.keys(), (i) => values[i])) {
    const left = new Set(members);
    for (const [rank, i] of members.entries()) {
      const member = [...left].find((j) => Math.abs(wanted[j] - widths[i]) < goldenTolerance) ?? i;
      left.delete(member);
      // Moves inwards, so that values stay within the range of the distribution.
      const place = value === distribution.high ? rank - members.length : rank;
      nudged[member] = value + place * 8 * Number.EPSILON * Math.max(1, value);
    }
  }
  return columnOf(nudged, distribution);
}

function largestDifference(actual: readonly number[], expected: readonly number[]): number {
  if (actual.length !== expected.length) return Infinity;
  return Math.max(0, ...actual.map((value, i) => Math.abs(value - expected[i])));
}
