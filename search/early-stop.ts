/** When a search is no longer worth going on with. */
import { described } from '../base/printable.ts';
import { counted, shortNumber } from '../base/format.ts';
import { gainOf } from './analysis/gain.ts';
import { isFinished, type FrozenTrial } from './frozen-trial.ts';
import { bestTrialsOf } from './pareto.ts';
import { bestOf } from './known-trials.ts';
import { isExhausted } from './samplers/unrepeated.ts';
import type { EarlyStop, StudyDefinition } from './storage/storage.ts';

export interface StopRules {
  /** Stops when so many trials in a row brought nothing better. An integer from 1. Default: never. */
  readonly patienceTrials?: number;
  /**
   * Stops when no more can be gained than the standard error of the best trial's value (Makarova et al. 2022), from 20
   * finished trials. Returns that standard error in units of the value; null if it is not known. Default: never.
   */
  readonly standardError?: (best: FrozenTrial) => number | null;
  /** How the reason writes a difference between two values. Default: as a number */
  readonly differenceText?: (difference: number) => string;
}

/** @throws RangeError */
export function expectRules({ patienceTrials, standardError }: StopRules): void {
  if (patienceTrials !== undefined && !(Number.isSafeInteger(patienceTrials) && patienceTrials >= 1)) {
    throw new RangeError(`Expected \`patienceTrials\` to be an integer from 1, got ${described(patienceTrials)}.`);
  }
  if (standardError !== undefined && typeof standardError !== 'function') {
    throw new RangeError(`Expected \`standardError\` to be a function, got ${described(standardError)}.`);
  }
}

/** Why the search of these trials should stop; null if it should go on. */
export function whyStop(
  definition: StudyDefinition,
  trials: readonly FrozenTrial[],
  { patienceTrials, standardError, differenceText = shortNumber }: StopRules,
): EarlyStop | null {
  if (isExhausted(definition.space, trials)) {
    return {
      finished: trials.filter(isFinished).length,
      reason: 'every point of the search space was tried, and a repeated one gave the same again',
    };
  }
  if (patienceTrials === undefined && standardError === undefined) return null;
  const finished = trials.filter(isFinished);
  const about = { finished: finished.length };
  if (patienceTrials !== undefined) {
    const latest =
      definition.directions === undefined ? bestOf(trials, definition) : bestTrialsOf(trials, definition).at(-1);
    const since = latest?.number ?? -1;
    const vain = finished.filter(({ number }) => number > since).length;
    if (vain >= patienceTrials)
      return { ...about, reason: `${counted(vain, 'trial')} in a row brought nothing better` };
  }
  const best = standardError && definition.directions === undefined ? bestOf(trials, definition) : null;
  const error = best && standardError!(best);
  if (error === null || error === undefined || !(error > 0)) return null;
  const gain = gainOf({ definition, trials });
  if (gain === null || gain.bound >= error) return null;
  const { expected, bound } = gain;
  return {
    ...about,
    reason:
      `all further trials can gain at most ${differenceText(bound)}, less than the standard error of the best one, ` +
      `${differenceText(error)}; another trial is expected to gain ${differenceText(expected)}`,
  };
}
