/**
 * The median stopping rule: ends a trial whose best report so far is worse than the median of what the complete trials
 * reported at the same step. Source: Golovin et al. 2017, "Google Vizier", section 3.2.2, in the form of Akiba et al.
 * 2019, "Optuna", arXiv:1907.10902.
 */
import type { Pruner } from './pruner.ts';
import { completeTrials, requireInteger, scoreAt } from './scores.ts';
import { largest, median } from '../../numerics/statistics.ts';

interface MedianOptions {
  /** Complete trials before any is pruned. Default: 5. */
  readonly startupTrials?: number;
  /** Steps of each trial at which it is not pruned. Default: 0. */
  readonly warmupSteps?: number;
}

/** @throws RangeError for a count that is not an integer from 0, or no startup trial */
export function medianPruner({ startupTrials = 5, warmupSteps = 0 }: MedianOptions = {}): Pruner {
  requireInteger('startupTrials', startupTrials, 1);
  requireInteger('warmupSteps', warmupSteps, 0);
  return ({ direction, trial, step, history }) => {
    const complete = completeTrials(history, direction);
    if (complete.length < startupTrials || step < warmupSteps) return false;
    const others = complete.map((other) => scoreAt(other, step, direction)).filter((score) => score !== undefined);
    const steps = Object.keys(trial.intermediateValues).map(Number);
    const best = largest(steps.map((reported) => scoreAt(trial, reported, direction) ?? -Infinity));
    return best === -Infinity || (others.length > 0 && best < median(others));
  };
}
