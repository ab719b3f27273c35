/** Tests a claim by a paired t test over the seeds, or by a sign test. */
import { mean, standardDeviation } from '../numerics/statistics.ts';
import { studentTail } from '../numerics/student.ts';
import type { Claim, Quantity } from './experiment.ts';
import type { Result } from './run.ts';

/** Significance level, one-sided. */
export const ALPHA = 0.05;

/** `undecided` means that fewer than two seeds have both sides. */
export type Verdict = 'holds' | 'tie' | 'fails' | 'undecided';

export interface Judgement {
  readonly says: string;
  readonly verdict: Verdict;
  /** Number of seeds in which both sides were measured. */
  readonly n: number;
  /** Mean difference over the seeds, positive in favour of the claim. Null if n is 0. */
  readonly difference: number | null;
  /** p value: P(mean difference at least as large | true difference 0). Null if n < 2. */
  readonly p: number | null;
}

export interface Summary {
  readonly n: number;
  /** NaN if n is 0. */
  readonly mean: number;
  /** Sample standard deviation. NaN if n < 2. */
  readonly sd: number;
}

export function summarize(values: readonly number[]): Summary {
  return { n: values.length, mean: mean(values), sd: standardDeviation(values) };
}

/**
 * Paired t test: P(T ≥ t) with t = mean / (sd / √n) and n − 1 degrees of freedom, for normal differences around 0.
 * @param differences two or more
 */
export function pairedTest(differences: readonly number[]): number {
  const { n, mean: difference, sd } = summarize(differences);
  // Without variance the sign of the mean decides; if all differences are 0, the p value is ½.
  if (sd === 0) return difference > 0 ? 0 : difference < 0 ? 1 : 0.5;
  return studentTail(difference / (sd / Math.sqrt(n)), n - 1);
}

/** A claim holds if p < α, fails if the opposite claim would hold, and is a tie otherwise. */
export function judge(claim: Claim, results: readonly Result[]): Judgement {
  const differences = differencesOf(claim, results);
  const n = differences.length;
  if (n < 2) return { says: claim.says, verdict: 'undecided', n, difference: differences[0] ?? null, p: null };
  const difference = summarize(differences).mean;
  const [p, contrary] = claim.test === 'sign' ? signTests(differences) : tTests(differences);
  const verdict = p < ALPHA ? 'holds' : contrary < ALPHA ? 'fails' : 'tie';
  return { says: claim.says, verdict, n, difference, p };
}

/** p values of the claim and of the opposite claim. */
type Tests = readonly [p: number, contrary: number];

function tTests(differences: readonly number[]): Tests {
  const p = pairedTest(differences);
  return [p, 1 - p];
}

/** Sign tests without the seeds that have no difference. */
function signTests(differences: readonly number[]): Tests {
  const wins = differences.filter((difference) => difference > 0).length;
  const losses = differences.filter((difference) => difference < 0).length;
  return [signTest(wins, wins + losses), signTest(losses, wins + losses)];
}

/** Sign test: P(at least `wins` wins in n seeds) if both sides win equally often, the binomial tail. */
export function signTest(wins: number, n: number): number {
  let term = 0.5 ** n;
  let below = 0;
  for (let k = 0; k < wins; k += 1) {
    below += term;
    term *= (n - k) / (k + 1);
  }
  return Math.max(0, 1 - below);
}

/** Differences in the direction of the claim, for the seeds that have both sides. */
function differencesOf({ value, relation, than, times = 1, plus = 0 }: Claim, results: readonly Result[]): number[] {
  const left = bySeed(value, results);
  const right = typeof than === 'number' ? null : bySeed(than, results);
  const sign = relation === 'above' ? 1 : -1;
  const differences: number[] = [];
  for (const [seed, one] of left) {
    const other = right ? right.get(seed) : (than as number);
    if (other !== undefined) differences.push(sign * (one - (times * other + plus)));
  }
  return differences;
}

/** Values of a quantity by seed. */
function bySeed({ arm, metric }: Quantity, results: readonly Result[]): Map<number, number> {
  const values = new Map<number, number>();
  for (const result of results) {
    const value = result.arm === arm ? metricsOf(result)[metric] : undefined;
    if (value !== undefined) values.set(result.seed, value);
  }
  return values;
}

/** All metrics of a finished training; empty if it diverged. */
export const metricsOf = ({ outcome }: Result): Readonly<Record<string, number | undefined>> =>
  outcome.status === 'done' ? { ...outcome.metrics, seconds: outcome.seconds } : {};
