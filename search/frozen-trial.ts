/** A trial as it is stored, and what its record says. */
import type { Params, SearchSpace } from './distributions.ts';
import { isFeasible } from '../numerics/constraints.ts';
import { signOf, type Direction } from './direction.ts';
import type { JsonValue } from './json-value.ts';

/** WAITING trials are run before new ones: enqueued by the user, or begun by a process that was stopped. */
export type TrialState = 'RUNNING' | 'COMPLETE' | 'PRUNED' | 'FAIL' | 'WAITING';

/** A trial as it is stored. Records are never changed in place. */
export interface FrozenTrial {
  /** 0, 1, 2, … in order of creation. */
  readonly number: number;
  readonly state: TrialState;
  /** What the objective returned, the first value if there are several; null unless COMPLETE. */
  readonly value: number | null;
  /** All values of a COMPLETE trial, in the order of the study's directions; absent with one objective. */
  readonly values?: readonly number[];
  /** Feasible are values of at most 0; NaN stands for one that could not be found out. Absent without constraints. */
  readonly constraints?: Readonly<Record<string, number>>;
  /** Suggested values, and while a trial waits also those that were enqueued. */
  readonly params: Params;
  /** Distribution of every suggested parameter. */
  readonly distributions: SearchSpace;
  /** Reported values by step; NaN stands for every value that is not finite. */
  readonly intermediateValues: Readonly<Record<number, number>>;
  readonly userAttributes: Readonly<Record<string, JsonValue>>;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly startedAt: string | null;
  readonly finishedAt: string | null;
  /** Set when the trial is begun for the first time. Trials of earlier versions have none. */
  readonly seen?: Seen;
}

/**
 * What a trial saw of its study when it was begun: its suggestions and its pruning depend on the seed, its number and
 * this alone. Of the first `count` trials those that neither ran nor waited were finished.
 */
export interface Seen {
  readonly count: number;
  /** Numbers of the trials whose parameters were known and whose values were not, in rising order. */
  readonly running: readonly number[];
  /** Numbers of the trials that had not begun, in rising order; undefined if there were none. */
  readonly waiting?: readonly number[];
  /** Names of the parameters that each of `running` had been given by then; undefined with a search space as data. */
  readonly known?: readonly (readonly string[])[];
  /** True of a trial that was not run here but added with its result: nothing of it was suggested or pruned. */
  readonly added?: true;
  /** Which of its settings the study had, counted from 0 for the first ones; undefined if these. */
  readonly settings?: number;
  /** Names of the parameters that were enqueued with the trial itself; undefined if there were none. */
  readonly given?: readonly string[];
}

/** User attribute that says why a trial has state FAIL. */
export const failureAttribute = 'failure';
/**
 * User attribute of a trial that is not finished: why each of its earlier tries failed. Users cannot set it, and it is
 * removed when the trial ends, so that a finished trial does not depend on the number of tries.
 */
export const failedTriesAttribute = 'failedTries';

export function failedTriesOf({ userAttributes }: Pick<FrozenTrial, 'userAttributes'>): readonly string[] {
  const tries = userAttributes[failedTriesAttribute];
  return Array.isArray(tries) ? tries.map(String) : [];
}

export function withFailedTry(trial: FrozenTrial, reason: string): FrozenTrial {
  const tries = [...failedTriesOf(trial), reason];
  return { ...trial, userAttributes: { ...trial.userAttributes, [failedTriesAttribute]: tries } };
}

/** Why a trial failed, or why the last try of one came to nothing that waits or runs again; null if it did not. */
export function failureOf(trial: Pick<FrozenTrial, 'state' | 'userAttributes'>): string | null {
  const reason = trial.userAttributes[failureAttribute];
  if (trial.state === 'FAIL') return typeof reason === 'string' ? reason : null;
  return failedTriesOf(trial).at(-1) ?? null;
}

/** A finished trial is never run again; all of them are learnt from. */
export function isFinished(trial: FrozenTrial): boolean {
  return trial.state === 'COMPLETE' || trial.state === 'PRUNED' || trial.state === 'FAIL';
}

/** From the start to the end; null while it has not come to its end, and where the clock was set back in between. */
export function durationSeconds({ startedAt, finishedAt }: FrozenTrial): number | null {
  if (startedAt === null || finishedAt === null) return null;
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  return seconds >= 0 ? seconds : null;
}

/** What a COMPLETE trial was found to be worth, by objective; null for any other. */
export function valuesOf({ value, values }: Pick<FrozenTrial, 'value' | 'values'>): readonly number[] | null {
  return values ?? (value === null ? null : [value]);
}

/** Compares COMPLETE trials by their first value, the better one first; those that miss a constraint come last. */
export function byValue(direction: Direction): (a: FrozenTrial, b: FrozenTrial) => number {
  const sign = signOf(direction);
  return (a, b) => Number(isFeasible(b)) - Number(isFeasible(a)) || sign * ((a.value ?? NaN) - (b.value ?? NaN));
}

/** When one of a study's trials was made, begun or ended last; null if it has none; ISO 8601, UTC. */
export function lastUsed(trials: readonly FrozenTrial[]): string | null {
  let last: string | null = null;
  for (const { createdAt, startedAt, finishedAt } of trials) {
    for (const time of [createdAt, startedAt, finishedAt])
      if (time !== null && (last === null || time > last)) last = time;
  }
  return last;
}
