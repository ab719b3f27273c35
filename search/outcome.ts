/** How a trial ends: by the result of its objective, or by an error that it throws. */
import { described, printable } from '../base/printable.ts';
import { failureAttribute, withFailedTry } from './frozen-trial.ts';
import type { FrozenTrial } from './frozen-trial.ts';
import type { Trial } from './trial.ts';

/**
 * A number completes the trial, or an array with one for each of several objectives; one that is not finite says that
 * the run diverged, and fails it.
 */
export type Outcome =
  | number
  | readonly number[]
  | { readonly state: 'PRUNED' }
  | { readonly state: 'FAIL'; readonly reason: string };

/** Puts a trial back to be run again. With a reason, this counts as a failed try. */
export interface PutBack {
  readonly state: 'WAITING';
  readonly reason?: string;
}

/** Fails a trial that is not run any more: it keeps what earlier tries suggested and reported. */
export interface Abandoned {
  readonly state: 'ABANDONED';
  readonly reason: string;
}

/** Longest reason in characters: an error may contain a long log. */
const LONGEST_REASON = 1_000;

/**
 * @param objectives how many values a trial has
 * @throws TypeError that shows the invalid value
 */
export function expectOutcome(outcome: unknown, from: string, objectives = 1): Outcome {
  if (objectives === 1 ? typeof outcome === 'number' : areNumbers(outcome, objectives)) return outcome as Outcome;
  if (typeof outcome === 'object' && outcome !== null && 'state' in outcome) {
    if (outcome.state === 'PRUNED') return { state: 'PRUNED' };
    if (outcome.state === 'FAIL') {
      const reason = 'reason' in outcome ? outcome.reason : undefined;
      if (typeof reason === 'string' && reason !== '') return { state: 'FAIL', reason };
      throw new TypeError(
        `Expected ${from} with { state: 'FAIL' } to have a text as \`reason\`, got ${described(reason)}.`,
      );
    }
  }
  const valuesInWords = objectives === 1 ? 'a number' : `an array of ${objectives} numbers`;
  throw new TypeError(
    `Expected ${from} to be ${valuesInWords}, { state: 'PRUNED' } or { state: 'FAIL', reason: 'why' }, got ${described(outcome)}.`,
  );
}

const areNumbers = (outcome: unknown, count: number): boolean =>
  Array.isArray(outcome) && outcome.length === count && outcome.every((one) => typeof one === 'number');

/** The thrown error in one line. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : described(error, LONGEST_REASON);
  return printable(text, LONGEST_REASON);
}

/** The record of the trial after it. @param objectives how many values it has @throws TypeError for anything else */
export function recordOf(trial: Trial, outcome: Outcome | PutBack | Abandoned, objectives = 1): FrozenTrial {
  if (typeof outcome === 'object' && outcome !== null && 'state' in outcome) {
    if (outcome.state === 'WAITING') {
      const record: FrozenTrial = { ...trial.freeze(), state: 'WAITING' };
      return outcome.reason === undefined ? record : withFailedTry(record, outcome.reason);
    }
    if (outcome.state === 'ABANDONED') {
      trial.setUserAttribute(failureAttribute, outcome.reason);
      return trial.abandon('FAIL');
    }
  }
  const checked = expectOutcome(outcome, 'the outcome of a trial', objectives);
  if (typeof checked === 'object' && 'state' in checked) {
    if (checked.state === 'FAIL') trial.setUserAttribute(failureAttribute, checked.reason);
    return trial.finish(checked.state, []);
  }
  const values = typeof checked === 'number' ? [checked] : checked;
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return trial.finish('COMPLETE', values);
  const which = objectives === 1 ? '' : ` as value ${wrong + 1} of ${objectives}`;
  trial.setUserAttribute(failureAttribute, `the objective returned ${values[wrong]}${which}: the run diverged`);
  return trial.finish('FAIL', []);
}
