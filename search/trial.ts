/** One try of a study: it suggests the parameters that the objective asks for and takes down what it reports. */
import {
  contains,
  describeDistribution,
  onlyValue,
  parseDistribution,
  sameDistribution,
  type Distribution,
  type NumericDistribution,
  type Params,
  type ParameterValue,
  type SearchSpace,
  type Draw,
} from './distributions.ts';
import { printable, described, quoted } from '../base/printable.ts';
import type { Direction } from './direction.ts';
import { ownValue } from '../base/own-value.ts';
import { expectJson, type JsonValue } from './json-value.ts';
import { StudyError } from './study-error.ts';

/** WAITING trials are run before new ones: enqueued by the user, or begun by a process that was stopped. */
export type TrialState = 'RUNNING' | 'COMPLETE' | 'PRUNED' | 'FAIL' | 'WAITING';

/** A trial as it is stored. Records are never changed in place. */
export interface FrozenTrial {
  /** 0, 1, 2, … in order of creation. */
  readonly number: number;
  readonly state: TrialState;
  /** What the objective returned; null unless COMPLETE. */
  readonly value: number | null;
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

/** Compares COMPLETE trials, the better one first. */
export function byValue(direction: Direction): (a: FrozenTrial, b: FrozenTrial) => number {
  const sign = direction === 'minimize' ? 1 : -1;
  return (a, b) => sign * ((a.value ?? NaN) - (b.value ?? NaN));
}

/** What a trial has from its study. */
export interface TrialContext {
  /** Draws a value: the sampler's part. */
  readonly draw: Draw;
  /** Whether the trial should end after its report of that step. */
  readonly prune: (trial: FrozenTrial, step: number) => boolean;
  readonly history: readonly FrozenTrial[];
  /** If the study has one, only its parameters can be suggested. */
  readonly space: SearchSpace | null;
}

export class Trial {
  readonly number: number;
  /** Finished trials that this one may depend on, by number. */
  readonly history: readonly FrozenTrial[];
  readonly #record: FrozenTrial;
  readonly #draw: Draw;
  readonly #prune: TrialContext['prune'];
  readonly #space: SearchSpace | null;
  readonly #params: Record<string, ParameterValue> = {};
  readonly #distributions: Record<string, Distribution> = {};
  readonly #reported: Record<number, number> = {};
  readonly #userAttributes: Record<string, JsonValue>;
  #lastStep: number | null = null;

  /** @param record as claimed from the storage; values it holds are suggested again */
  constructor(record: FrozenTrial, { draw, prune, history, space }: TrialContext) {
    this.number = record.number;
    this.history = history;
    this.#record = record;
    this.#draw = draw;
    this.#prune = prune;
    this.#space = space;
    this.#userAttributes = { ...record.userAttributes };
  }

  /** Suggested so far; all parameters at once if the study has a search space. */
  get params(): Params {
    return this.#params;
  }

  /**
   * Reported values by step, those of an earlier run of this trial that was stopped included. The pruner sees, and the
   * finished trial keeps, what this run reports: an objective that goes on where the earlier one stopped reports again
   * what it takes over.
   */
  get intermediateValues(): Readonly<Record<number, number>> {
    return { ...this.#record.intermediateValues, ...this.#reported };
  }

  get userAttributes(): Readonly<Record<string, JsonValue>> {
    return this.#userAttributes;
  }

  /** Why each of its earlier tries came to nothing: the objective threw, or its process ended. */
  get failedTries(): readonly string[] {
    return failedTriesOf(this);
  }

  /** @throws RangeError if the range makes no sense; StudyError if the name was suggested otherwise before */
  suggestFloat(name: string, low: number, high: number, options: { step?: number; log?: boolean } = {}): number {
    return this.suggest(name, { kind: 'float', low, high, ...options });
  }

  /** @throws RangeError if the range makes no sense; StudyError if the name was suggested otherwise before */
  suggestInt(name: string, low: number, high: number, options: { step?: number; log?: boolean } = {}): number {
    return this.suggest(name, { kind: 'int', low, high, ...options });
  }

  /** @throws RangeError for no or repeated choices; StudyError if the name was suggested otherwise before */
  suggestCategorical<T extends ParameterValue>(name: string, choices: readonly T[]): T {
    const value = this.suggest(name, { kind: 'categorical', choices });
    return choices[choices.findIndex((choice) => choice === value)];
  }

  /** The value of a parameter whose distribution is data. The same name gives the same value again. */
  suggest(name: string, distribution: NumericDistribution): number;
  suggest(name: string, distribution: Distribution): ParameterValue;
  suggest(name: string, distribution: Distribution): ParameterValue {
    const parsed = parseDistribution(name, distribution);
    this.#check(name, parsed);
    if (Object.hasOwn(this.#params, name)) return this.#params[name];
    let value = this.#kept(name, parsed);
    if (value === undefined) value = onlyValue(parsed);
    if (value === undefined) value = this.#drawn(name, parsed);
    this.#params[name] = value;
    this.#distributions[name] = parsed;
    return value;
  }

  /**
   * Takes down a value on the way, such as the accuracy of a fold. Kept in memory; the study saves it with the next
   * renewal of its lease, and at the end.
   * @param value not finite if the run diverges
   * @param step 0, 1, 2, …; reporting a step again replaces its value
   */
  report(value: number, step: number): void {
    if (typeof value !== 'number') throw new TypeError(`Expected \`value\` to be a number, got ${described(value)}.`);
    if (!Number.isSafeInteger(step) || step < 0) {
      throw new RangeError(`Expected \`step\` to be an integer from 0, got ${described(step)}.`);
    }
    this.#reported[step] = Number.isFinite(value) ? value : NaN;
    this.#lastStep = step;
  }

  /**
   * Whether the trial, after its last report, is not worth going on with. The objective then returns
   * `{ state: 'PRUNED' }`. Depends on what the trial reported and on what it saw at its beginning.
   */
  shouldPrune(): boolean {
    if (this.#lastStep === null) return false;
    return this.#prune({ ...this.freeze(), intermediateValues: this.#reported }, this.#lastStep);
  }

  /**
   * Attaches a note to the trial.
   * @param value anything that JSON can hold, with at most 60 levels of brackets
   * @throws TypeError for anything else
   */
  setUserAttribute(key: string, value: JsonValue): void {
    if (key === failedTriesAttribute || key === '__proto__') {
      throw new RangeError(`Expected a name of your own for a user attribute, got ${quoted(key)}.`);
    }
    this.#userAttributes[key] = expectJson(value, `user attribute ${quoted(key)}`);
  }

  /** What is known now, as a record. While the trial is not at its end, values not yet suggested again are kept. */
  freeze(): FrozenTrial {
    return {
      ...this.#record,
      params: { ...this.#record.params, ...this.#params },
      distributions: { ...this.#record.distributions, ...this.#distributions },
      intermediateValues: this.intermediateValues,
      userAttributes: { ...this.#userAttributes },
    };
  }

  /** The record of the trial at its end: only what this run suggested. */
  finish(state: TrialState, value: number | null): FrozenTrial {
    return {
      ...this.abandon(state),
      value,
      params: { ...this.#params },
      distributions: { ...this.#distributions },
      intermediateValues: { ...this.#reported },
    };
  }

  /** The record of the trial at its end if it does not run any more: what earlier runs suggested and reported. */
  abandon(state: TrialState): FrozenTrial {
    const { [failedTriesAttribute]: _tries, ...userAttributes } = this.#userAttributes;
    return { ...this.freeze(), state, userAttributes, finishedAt: new Date().toISOString() };
  }

  #check(name: string, distribution: Distribution): void {
    const earlier = ownValue(this.#distributions, name) ?? ownValue(this.#space ?? {}, name);
    if (earlier !== undefined && !sameDistribution(earlier, distribution)) {
      throw new StudyError(
        `Parameter \`${printable(name)}\` of trial ${this.number} is ${describeDistribution(earlier)} and cannot also be ` +
          `${describeDistribution(distribution)}: use another name.`,
      );
    }
    if (earlier === undefined && this.#space !== null) {
      throw new StudyError(
        `Unknown parameter \`${printable(name)}\`: the search space of the study has ` +
          `${printable(Object.keys(this.#space).join(', '), 1_000)}.`,
      );
    }
  }

  #drawn(name: string, distribution: Distribution): ParameterValue {
    const value = this.#draw(name, distribution);
    if (contains(distribution, value)) return value;
    throw new StudyError(
      `The sampler drew \`${printable(name)}\` = ${described(value)}, which lies outside ` +
        `${describeDistribution(distribution)}: mend the sampler.`,
    );
  }

  /** A value that was enqueued, or suggested by an earlier run of the same trial. */
  #kept(name: string, distribution: Distribution): ParameterValue | undefined {
    const value = ownValue(this.#record.params, name);
    // With a search space as data the study checked it when it was enqueued.
    if (value !== undefined && this.#space === null && !contains(distribution, value)) {
      throw new StudyError(
        `Trial ${this.number} was given \`${printable(name)}\` = ${described(value)}, which lies outside ` +
          `${describeDistribution(distribution)}: widen it, or use another study name.`,
      );
    }
    return value;
  }
}

/** When one of a study's trials was made, begun or ended last; null if it has none; ISO 8601, UTC. */
export function lastUsed(trials: readonly FrozenTrial[]): string | null {
  const times = trials.flatMap(({ createdAt, startedAt, finishedAt }) => [createdAt, startedAt, finishedAt]);
  return (
    times
      .filter((time) => time !== null)
      .toSorted()
      .at(-1) ?? null
  );
}
