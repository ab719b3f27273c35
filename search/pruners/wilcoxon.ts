/**
 * Ends a trial whose finished folds are significantly worse than the same folds of the best trial: the signed-rank test,
 * one-sided, with its exact distribution. With 5 folds and the default threshold it can act after the fourth, since
 * p is at least 2^−folds. Source: Wilcoxon 1945, "Individual comparisons by ranking methods".
 */
import type { Pruner, TrialShape } from './pruner.ts';
import { completeTrials, scoreAt } from './scores.ts';

interface WilcoxonOptions {
  /** A trial with a smaller p is pruned. Default: 0.1. */
  readonly threshold?: number;
}

/** @throws RangeError unless `threshold` is in (0, 1) */
export function wilcoxonPruner({ folds, stepsPerFold }: TrialShape, { threshold = 0.1 }: WilcoxonOptions = {}): Pruner {
  if (!(threshold > 0 && threshold < 1)) {
    throw new RangeError(`Expected \`threshold\` in (0, 1), got ${threshold}.`);
  }
  const foldEnds = Array.from({ length: folds }, (_, fold) => (fold + 1) * stepsPerFold - 1);
  return ({ direction, trial, step, history }) => {
    if (scoreAt(trial, step, direction) === -Infinity) return true;
    const [best] = completeTrials(history, direction);
    if (best === undefined || !foldEnds.includes(step)) return false;
    const differences = foldEnds
      .map((end) => (scoreAt(trial, end, direction) ?? NaN) - (scoreAt(best, end, direction) ?? NaN))
      .filter((difference) => !Number.isNaN(difference));
    return signedRankTest(differences) < threshold;
  };
}

/**
 * p of the hypothesis that the differences lie around 0, against that they lie below: the chance that signs tossed with
 * a coin give a sum of positive ranks as small as this one. Zeros are left out, equal sizes share their mean rank.
 * @returns 1 if no difference is left
 */
export function signedRankTest(differences: readonly number[]): number {
  const sizes = differences
    .filter((difference) => difference !== 0)
    .toSorted((a, b) => Math.abs(a) - Math.abs(b))
    .map((difference) => ({ difference, size: Math.abs(difference) }));
  // Twice the mean rank is an integer: the first and the last position (from 1) of that size, added up.
  const ranks = sizes.map(
    ({ size }) =>
      sizes.findIndex((other) => other.size === size) + sizes.findLastIndex((other) => other.size === size) + 2,
  );
  const positive = ranks.reduce((sum, rank, i) => sum + (sizes[i].difference > 0 ? rank : 0), 0);
  // chances[s]: that the ranks with a positive sign add up to s.
  let chances = [1];
  for (const rank of ranks) {
    const next = Array.from({ length: chances.length + rank }, () => 0);
    for (const [sum, chance] of chances.entries()) {
      next[sum] += chance / 2;
      next[sum + rank] += chance / 2;
    }
    chances = next;
  }
  return chances.slice(0, positive + 1).reduce((sum, chance) => sum + chance, 0);
}
