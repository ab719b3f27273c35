/**
 * The best trials, evaluated once more under conditions that had no part in choosing them. The best of many values is
 * too good: it was chosen for its luck too. What the same trial is worth the second time was not chosen.
 */
import { isFeasible } from '../numerics/constraints.ts';
import { signOf, type Directed } from './direction.ts';
import { byValue, type FrozenTrial } from './frozen-trial.ts';
import { bestOf } from './known-trials.ts';
import type { Confirmation, StudyDefinition } from './storage/storage.ts';

/** The feasible COMPLETE trials with the best values, the best first; of those with the same parameters the first. */
export function topTrials(trials: readonly FrozenTrial[], { direction }: Directed, count: number): FrozenTrial[] {
  const complete = trials.filter((trial) => trial.state === 'COMPLETE' && isFeasible(trial));
  const points = new Set<string>();
  const isNew = ({ params }: FrozenTrial): boolean => {
    const before = points.size;
    const inOrder = Object.entries(params).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return points.add(JSON.stringify(inOrder)).size > before;
  };
  return complete.filter(isNew).toSorted(byValue(direction)).slice(0, count);
}

export interface ConfirmedTrial {
  readonly trial: FrozenTrial;
  readonly confirmation: Confirmation & { readonly value: number };
}

export interface Confirmed {
  /** The best by their second values first. */
  readonly trials: readonly ConfirmedTrial[];
  /** By how much the best value of the study is better than its confirmation, in units of the value. */
  readonly luck: number;
  /** Standard error of the luck; null if it is not known. */
  readonly standardError: number | null;
}

/**
 * What the confirmations of a study say.
 * @returns null without any, or where a trial that came later is the best by now: that one is not confirmed
 */
export function confirmedOf(definition: StudyDefinition, trials: readonly FrozenTrial[]): Confirmed | null {
  const { confirmations = [], direction } = definition;
  const best = bestOf(trials, definition);
  const sign = signOf(direction);
  const found = confirmations
    .flatMap((confirmation): ConfirmedTrial[] => {
      const { value, trial: number } = confirmation;
      const trial = trials[number];
      return value === null || trial?.state !== 'COMPLETE' ? [] : [{ trial, confirmation: { ...confirmation, value } }];
    })
    .toSorted((a, b) => sign * (a.confirmation.value - b.confirmation.value) || a.trial.number - b.trial.number);
  const ofBest = found.find(({ trial }) => trial.number === best?.number);
  if (ofBest === undefined) return null;
  const { value, standardError } = ofBest.confirmation;
  return { trials: found, luck: sign * (value - ofBest.trial.value!), standardError };
}

/** The trial to go on with: the best confirmed one if the best of the study was confirmed, else the best by its value. */
export function confirmedBestOf(definition: StudyDefinition, trials: readonly FrozenTrial[]): FrozenTrial | null {
  return confirmedOf(definition, trials)?.trials[0].trial ?? bestOf(trials, definition);
}
