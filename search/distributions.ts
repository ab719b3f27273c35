/** The distribution of a parameter: plain JSON that is checked once and then compared, stored and sampled unchanged. */
import { ownValue } from '../base/own-value.ts';
import { described, printable, quoted, shownJson } from '../base/printable.ts';
import { expectObject } from './expect-options.ts';

export type ParameterValue = number | string | boolean | null;
export type Params = Readonly<Record<string, ParameterValue>>;

/** Real numbers in [low, high]: on the grid low, low + step, … if there is a step, even in the logarithm if `log`. */
export interface FloatDistribution {
  readonly kind: 'float';
  readonly low: number;
  readonly high: number;
  readonly step?: number;
  readonly log?: boolean;
}

/** Integers in [low, high], every `step`-th (default: 1) or even in the logarithm. */
export interface IntDistribution {
  readonly kind: 'int';
  readonly low: number;
  readonly high: number;
  readonly step?: number;
  readonly log?: boolean;
}

/** One of a list of different values without order. */
export interface CategoricalDistribution {
  readonly kind: 'categorical';
  readonly choices: readonly ParameterValue[];
}

export type NumericDistribution = FloatDistribution | IntDistribution;
export type Distribution = NumericDistribution | CategoricalDistribution;

/** A search space as data: the distribution of every parameter by its name. */
export type SearchSpace = Readonly<Record<string, Distribution>>;

/** The values that a space can give: numbers, and the choices of categories. */
export type ParamsOf<Space extends SearchSpace> = { readonly [Name in keyof Space]: ValueOf<Space[Name]> };

type ValueOf<D extends Distribution> = D extends CategoricalDistribution ? D['choices'][number] : number;

/** Draws one value. Called once for each parameter, in the order in which the objective asks. */
export type Draw = (name: string, distribution: Distribution) => ParameterValue;

const knownKeys: Record<Distribution['kind'], readonly string[]> = {
  float: ['kind', 'low', 'high', 'step', 'log'],
  int: ['kind', 'low', 'high', 'step', 'log'],
  categorical: ['kind', 'choices'],
};
/** Slack for grids such as 0, 0.1, … 0.5, whose steps binary numbers hit only nearly; in steps. */
const gridTolerance = 1e-8;
/** Rounding of a value of a grid, as a part of the largest one: that of `tidy`, and of a sum and a quotient besides. */
const gridRounding = 1e-14;
/** A grid is refused where rounding moves its values by more than this, in steps. */
const coarsestRounding = 0.1;
/** Beyond it sums and differences of two bounds leave the range of numbers. */
const largestBound = Number.MAX_VALUE / 4;
/** Below it the hundredth part of a range is 0, or has lost its digits. */
const leastSpan = 1e-300;
/** Longest name of a parameter or study, in characters. */
const longestName = 1_000;

/**
 * Checks a distribution and returns it in the one form that is stored: defaults left out, keys in order, so that two
 * distributions are the same exactly if their JSON is.
 * @throws RangeError that names parameter, value and remedy
 */
export function parseDistribution(name: string, distribution: Distribution): Distribution {
  expectParameterName(name);
  if (typeof distribution !== 'object' || distribution === null) {
    throw new RangeError(
      `Expected \`${name}\` to be a distribution such as { kind: 'float', low: 0, high: 1 }, got ${described(distribution)}.`,
    );
  }
  const known = ownValue(knownKeys, distribution.kind);
  if (known === undefined) {
    throw new RangeError(
      `Expected \`${name}\` of kind float, int or categorical, got ${shownJson(distribution.kind)}.`,
    );
  }
  const unknown = Object.keys(distribution).find((key) => !known.includes(key));
  if (unknown !== undefined) {
    throw new RangeError(`Unknown key \`${printable(unknown)}\` of \`${name}\`. Known: ${known.join(', ')}.`);
  }
  return distribution.kind === 'categorical' ? parseCategorical(name, distribution) : parseNumeric(name, distribution);
}

/** Control characters and line ends, and halves of characters, which no store can keep. */
const unfitForNames = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u;

/** @throws RangeError for a name that is empty, too long, or has a control character */
export function expectName(what: string, name: string): void {
  if (typeof name === 'string' && name !== '' && name.length <= longestName && !unfitForNames.test(name)) return;
  throw new RangeError(
    `Expected ${what} of 1 to ${longestName} characters without control characters, got ${described(name)}.`,
  );
}

function expectParameterName(name: string): void {
  if (name === '' || name in Object.prototype) {
    throw new RangeError(`Expected another parameter name, got ${quoted(name)}.`);
  }
  expectName('a parameter name', name);
}

/** @throws RangeError for values that no distribution has */
export function expectParams(params: Params): void {
  expectObject('params', params);
  for (const [name, value] of Object.entries(params)) {
    expectParameterName(name);
    if (!isPlain(value)) {
      throw new RangeError(
        `Expected \`${printable(name)}\` to be a finite number, a text, true, false or null, got ${described(value)}.`,
      );
    }
  }
}

const isPlain = (value: unknown): boolean =>
  value === null || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value);

/** Checks every distribution of a search space. @throws RangeError */
export function parseSpace(space: SearchSpace): SearchSpace {
  expectObject('space', space);
  if (Object.keys(space).length === 0) throw new RangeError('Expected a search space with a parameter, got none.');
  return Object.fromEntries(
    Object.entries(space).map(([name, distribution]) => [name, parseDistribution(name, distribution)]),
  );
}

export function sameDistribution(a: Distribution, b: Distribution): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

/** Whether the distribution can give this value. */
export function contains(distribution: Distribution, value: ParameterValue): boolean {
  if (distribution.kind === 'categorical') return distribution.choices.includes(value);
  if (typeof value !== 'number' || !(value >= distribution.low && value <= distribution.high)) return false;
  return isOnGrid(distribution, value);
}

/** Whether the value is of the distribution's kind, inside of its range or not; with `log` it has a logarithm. */
export function resembles(distribution: Distribution, value: ParameterValue): boolean {
  if (distribution.kind === 'categorical') return distribution.choices.includes(value);
  if (distribution.log && !((value as number) > 0)) return false;
  return distribution.kind === 'int' ? Number.isSafeInteger(value) : Number.isFinite(value);
}

/** @throws RangeError if a value belongs to no parameter of the space, or is not of the kind of its distribution */
export function expectValues(space: SearchSpace, params: Params): void {
  expectObject('params', params);
  for (const [name, value] of Object.entries(params)) {
    const distribution = ownValue(space, name);
    if (distribution === undefined) {
      throw new RangeError(
        `Unknown parameter \`${printable(name)}\`. Known: ${printable(Object.keys(space).join(', '), 1_000)}.`,
      );
    }
    if (!resembles(distribution, value)) {
      throw new RangeError(
        `Expected \`${name}\` to be a value like those of ${describeDistribution(distribution)}, ` +
          `got ${shownJson(value)}.`,
      );
    }
  }
}

/** The only value of a distribution that leaves no choice, else undefined. */
export function onlyValue(distribution: Distribution): ParameterValue | undefined {
  if (distribution.kind === 'categorical') {
    return distribution.choices.length === 1 ? distribution.choices[0] : undefined;
  }
  return distribution.low === distribution.high ? distribution.low : undefined;
}

/** Distance of neighbouring values; 0 for a float without steps. */
export function stepOf(distribution: NumericDistribution): number {
  return distribution.step ?? (distribution.kind === 'int' ? 1 : 0);
}

/** The value so many steps above the lowest one, within the bounds. */
export function gridValue(distribution: NumericDistribution, index: number): number {
  const { kind, low, high } = distribution;
  const value = low + index * stepOf(distribution);
  return Math.min(Math.max(kind === 'int' ? value : tidy(value), low), high);
}

/** In words, for messages: `float [0.00001, 1] log`, `int [1, 30]`, `categorical [16, 32]`. */
export function describeDistribution(distribution: Distribution): string {
  if (distribution.kind === 'categorical') return `categorical ${shownJson(distribution.choices)}`;
  const { kind, low, high, step, log } = distribution;
  return `${kind} [${low}, ${high}]${step === undefined ? '' : ` step ${step}`}${log === true ? ' log' : ''}`;
}

function parseCategorical(name: string, { kind, choices }: CategoricalDistribution): CategoricalDistribution {
  if (!Array.isArray(choices) || choices.length === 0) {
    throw new RangeError(`Expected \`${name}\` with at least one choice, got ${shownJson(choices)}.`);
  }
  for (const [index, choice] of choices.entries()) {
    if (!isPlain(choice)) {
      throw new RangeError(`Expected choices of \`${name}\` that JSON can hold, got ${shownJson(choice)}.`);
    }
    if (choices.indexOf(choice) !== index) {
      throw new RangeError(`Expected different choices of \`${name}\`, got ${shownJson(choice)} twice.`);
    }
  }
  return { kind, choices: [...choices] };
}

function parseNumeric(name: string, distribution: NumericDistribution): NumericDistribution {
  const { kind, low, high, step, log } = distribution;
  for (const [key, bound] of Object.entries({ low, high, ...(step === undefined ? {} : { step }) })) {
    const expected = kind === 'int' ? expectedInteger(bound) : expectedNumber(bound);
    if (expected !== null) {
      throw new RangeError(`Expected \`${key}\` of \`${name}\` to be ${expected}, got ${shownJson(bound)}.`);
    }
  }
  if (log !== undefined && typeof log !== 'boolean') {
    throw new RangeError(`Expected \`log\` of \`${name}\` to be true or false, got ${shownJson(log)}.`);
  }
  if (low > high) throw new RangeError(`Expected \`${name}\` with low ≤ high, got low ${low} and high ${high}.`);
  if (step !== undefined && step <= 0) throw new RangeError(`Expected \`step\` of \`${name}\` above 0, got ${step}.`);
  const span = high - low;
  if (kind === 'int' && !Number.isSafeInteger(span)) {
    throw new RangeError(`Expected high − low of \`${name}\` below 2^53, got ${span}: such integers are not exact.`);
  }
  if (kind === 'float' && log !== true && span > 0 && Math.min(span, step ?? span) < leastSpan) {
    throw new RangeError(
      `Expected \`${name}\` with a range and steps of at least ${leastSpan}, got ${Math.min(span, step ?? span)}: ` +
        'search in larger units.',
    );
  }
  if (kind === 'float' && step !== undefined && roundingOf(low, high, step) > coarsestRounding) {
    throw new RangeError(
      `Expected \`${name}\` with steps that floating-point numbers of its size can represent, got ${step} in [${low}, ${high}]: ` +
        'use a larger step, or none.',
    );
  }
  if (step !== undefined && !isOnGrid({ kind, low, high, step }, high)) {
    const lower = low + Math.floor(span / step) * step;
    throw new RangeError(
      `Expected high − low of \`${name}\` to be whole steps of ${step}, got ${tidy(span)}: ` +
        `use high ${kind === 'int' ? lower : tidy(lower)}.`,
    );
  }
  if (log === true && step !== undefined && !(kind === 'int' && step === 1)) {
    throw new RangeError(`Expected \`${name}\` with \`step\` or \`log\`, got both: remove one of them.`);
  }
  const least = kind === 'int' ? 1 : Number.MIN_VALUE;
  if (log === true && low < least) {
    throw new RangeError(
      `Expected \`low\` of \`${name}\` ${kind === 'int' ? 'at least 1' : 'above 0'} because \`log\` is true, got ${low}.`,
    );
  }
  const half = kind === 'int' ? 0.5 : 0;
  if (log === true && low < high && !(Math.log(low - half) < Math.log(high + half))) {
    throw new RangeError(
      `Expected \`${name}\` with bounds whose logarithms differ, got ${low} and ${high}: remove \`log\`.`,
    );
  }
  return {
    kind,
    low,
    high,
    ...(step === undefined || (kind === 'int' && step === 1) ? {} : { step }),
    ...(log === true ? { log } : {}),
  };
}

/** What was expected, for a message; null if the value fits. */
function expectedInteger(bound: unknown): string | null {
  if (Number.isSafeInteger(bound)) return null;
  return Number.isInteger(bound) ? 'an integer between −2^53 and 2^53, since larger ones have gaps' : 'an integer';
}

function expectedNumber(bound: unknown): string | null {
  if (typeof bound !== 'number' || !Number.isFinite(bound)) return 'a finite number';
  return Math.abs(bound) <= largestBound ? null : `a number between ±${largestBound.toPrecision(3)}`;
}

/** Whether a value within the bounds is one of the grid; without a grid all are. */
function isOnGrid(distribution: NumericDistribution, value: number): boolean {
  const { kind, low, high } = distribution;
  const step = stepOf(distribution);
  if (step === 0) return true;
  if (kind === 'int' && Number.isInteger(value)) return (value - low) % step === 0;
  const steps = (value - low) / step;
  return Math.abs(steps - Math.round(steps)) < gridTolerance + roundingOf(low, high, step);
}

/** How far rounding may move a value of the grid, in steps. */
function roundingOf(low: number, high: number, step: number): number {
  return (gridRounding * Math.max(Math.abs(low), Math.abs(high))) / step;
}

/** The short decimal number near the value: 0.3 for 0.1 × 3. */
export function tidy(value: number): number {
  return Number(value.toPrecision(15));
}
