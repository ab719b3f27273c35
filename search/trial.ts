/** One try of a study: it suggests the parameters that the objective asks for and takes down what it reports. */
import {
  contains,
  expectName,
  describeDistribution,
  onlyValue,
  parseDistribution,
  sameDistribution,
  type Distribution,
  type NumericDistribution,
  type ParamsOf,
  type ParameterValue,
  type SearchSpace,
  type Draw,
} from './distributions.ts';
import { printable, described, quoted } from '../base/printable.ts';
import { ownValue } from '../base/own-value.ts';
import { expectJson, type JsonValue } from './json-value.ts';
import { StudyError } from './study-error.ts';
import { failedTriesAttribute, failedTriesOf, type FrozenTrial, type TrialState } from './frozen-trial.ts';

/** What a trial has from its study. */
interface TrialContext {
  /** Draws a value: the sampler's part. */
  readonly draw: Draw;
  /** Whether the trial should end after its report of that step. */
  readonly prune: (trial: FrozenTrial, step: number) => boolean;
  readonly history: readonly FrozenTrial[];
  /** If the study has one, only its parameters can be suggested. */
  readonly space: SearchSpace | null;
}

/** @typeParam Space the search space, from which the types of its parameters follow */
export class Trial<Space extends SearchSpace = SearchSpace> {
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
  readonly #constraints: Record<string, number>;
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
    this.#constraints = { ...record.constraints };
  }

  /** Suggested so far; all parameters at once if the study has a search space. */
  get params(): ParamsOf<Space> {
    return this.#params as ParamsOf<Space>;
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
      throw new RangeError(`Expected another name for a user attribute, got ${quoted(key)}.`);
    }
    this.#userAttributes[key] = expectJson(value, `user attribute ${quoted(key)}`);
  }

  /**
   * Says how far the trial keeps a constraint, such as the seconds that it took less those that it may take. The sampler
   * learns where constraints are kept, and the best trial is one that keeps all of them. Saying it again replaces it.
   * @param value at most 0 if the constraint is kept, else by how much it is missed; NaN if that could not be found out,
   *   which counts as missed
   */
  setConstraint(name: string, value: number): void {
    expectName('a name of a constraint', name);
    if (name in Object.prototype) throw new RangeError(`Expected another name for a constraint, got ${quoted(name)}.`);
    if (typeof value !== 'number') throw new TypeError(`Expected \`value\` to be a number, got ${described(value)}.`);
    this.#constraints[name] = value === -Infinity ? -Number.MAX_VALUE : Number.isFinite(value) ? value : NaN;
  }

  /** What is known now, as a record. While the trial is not at its end, values not yet suggested again are kept. */
  freeze(): FrozenTrial {
    return {
      ...this.#record,
      params: { ...this.#record.params, ...this.#params },
      distributions: { ...this.#record.distributions, ...this.#distributions },
      intermediateValues: this.intermediateValues,
      userAttributes: { ...this.#userAttributes },
      ...(Object.keys(this.#constraints).length > 0 && { constraints: { ...this.#constraints } }),
    };
  }

  /** The record of the trial at its end: only what this run suggested. @param values none unless it is COMPLETE */
  finish(state: TrialState, values: readonly number[]): FrozenTrial {
    return {
      ...this.abandon(state),
      value: values[0] ?? null,
      ...(values.length > 1 && { values: [...values] }),
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
        `${describeDistribution(distribution)}: fix the sampler.`,
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
