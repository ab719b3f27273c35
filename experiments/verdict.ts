/** What the results say of a claim: a paired t test over the seeds, or a sign test. */
import { mean, standardDeviation } from '../numerics/statistics.ts';
import { studentTail } from '../numerics/student.ts';
import type { Claim, Quantity } from './experiment.ts';
import type { Result } from './run.ts';

/** Largest probability of such a difference by chance, one-sided, at which a claim holds. */
export const ALPHA = 0.05;

/** `undecided`: fewer than two seeds have both sides. */
export type Verdict = 'holds' | 'tie' | 'fails' | 'undecided';

export interface Judgement {
  readonly says: string;
  readonly verdict: Verdict;
  /** Seeds in which both sides were measured. */
  readonly n: number;
  /** Mean over the seeds, positive where the claim is right. Null where n is 0. */
  readonly difference: number | null;
  /** P(a mean difference at least as large | the true difference is 0). Null if n is below 2. */
  readonly p: number | null;
}

export interface Summary {
  readonly n: number;
  /** NaN where n is 0. */
  readonly mean: number;
  /** Sample standard deviation. NaN where n is below 2. */
  readonly sd: number;
}

export function summarize(values: readonly number[]): Summary {
  return { n: values.length, mean: mean(values), sd: standardDeviation(values) };
}

/**
 * P(T ≥ t) with t = mean / (sd / √n) and n − 1 degrees of freedom, if the differences are normal around 0.
 * @param differences at least two
 */
export function pairedTest(differences: readonly number[]): number {
  const { n, mean: difference, sd } = summarize(differences);
  // Without scatter the sign decides; without a difference too, nothing does.
  if (sd === 0) return difference > 0 ? 0 : difference < 0 ? 1 : 0.5;
  return studentTail(difference / (sd / Math.sqrt(n)), n - 1);
}

/** A claim holds with p < α, fails if the contrary would hold, and is a tie between the two. */
export function judge(claim: Claim, results: readonly Result[]): Judgement {
  const differences = differencesOf(claim, results);
  const n = differences.length;
  if (n < 2) return { says: claim.says, verdict: 'undecided', n, difference: differences[0] ?? null, p: null };
  const difference = summarize(differences).mean;
  const [p, contrary] = claim.test === 'sign' ? signTests(differences) : tTests(differences);
  const verdict = p < ALPHA ? 'holds' : contrary < ALPHA ? 'fails' : 'tie';
  return { says: claim.says, verdict, n, difference, p };
}

/** P values of the claim and of its contrary. */
type Tests = readonly [p: number, contrary: number];

function tTests(differences: readonly number[]): Tests {
  const p = pairedTest(differences);
  return [p, 1 - p];
}

/** Seeds without a difference say nothing. */
function signTests(differences: readonly number[]): Tests {
  const wins = differences.filter((difference) => difference > 0).length;
  const losses = differences.filter((difference) => difference < 0).length;
  return [signTest(wins, wins + losses), signTest(losses, wins + losses)];
}

/** P(at least so many wins in n seeds, if both sides win equally often): the binomial tail. */
export function signTest(wins: number, n: number): number {
  let term = 0.5 ** n;
  let below = 0;
  for (let k = 0; k < wins; k += 1) {
    below += term;
    term *= (n - k) / (k + 1);
  }
  return Math.max(0, 1 - below);
}

/** In the claim's direction, of the seeds that have both sides. */
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

/** A metric of an arm in every seed that has it. */
function bySeed({ arm, metric }: Quantity, results: readonly Result[]): Map<number, number> {
  const values = new Map<number, number>();
  for (const result of results) {
    const value = result.arm === arm ? metricsOf(result)[metric] : undefined;
    if (value !== undefined) values.set(result.seed, value);
  }
  return values;
}

/** All numbers of a finished training; none of one that diverged. */
export const metricsOf = ({ outcome }: Result): Readonly<Record<string, number | undefined>> =>
  outcome.status === 'done' ? { ...outcome.metrics, seconds: outcome.seconds } : {};
