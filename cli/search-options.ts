/** Options of a search that are JSON: search spaces, fixed parameters, and trials to begin with. */
import { parseJsonOrFile } from '../base/json.ts';
import { quoted, shownJson } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { parseSpace, type Params, type ParameterValue, type SearchSpace } from '../search/index.ts';
import { shortNumber } from '../base/format.ts';

/**
 * @param text JSON, or the name of a file with JSON: the distribution of every parameter by its name
 * @throws UserError if it is neither, or no search space
 */
export function searchSpace(text: string, flag: string): SearchSpace {
  const { name, json: space } = parseJsonOrFile(text, flag);
  if (!isObject(space) || !Object.values(space).every(isObject)) {
    const example = '{"learningRate": {"kind": "float", "low": 0.001, "high": 0.1, "log": true}}';
    throw new UserError(`${name}: expected an object of distributions such as ${example}.`);
  }
  try {
    return parseSpace(space as SearchSpace);
  } catch (error) {
    if (error instanceof RangeError) throw new UserError(`${name}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** @param text `name=value`, several separated by commas @throws UserError */
export function fixedParameters(text: string, flag: string): Params {
  const pairs = text.split(',').map((pair) => /^\s*([^=\s]+)\s*=\s*(\S+)\s*$/.exec(pair));
  if (pairs.includes(null)) {
    throw new UserError(`Expected ${flag} as name=value, several separated by commas, got ${quoted(text)}.`);
  }
  const names = pairs.map((pair) => pair![1]);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UserError(`Expected ${quoted(twice)} once after ${flag}, got it twice.`);
  return Object.fromEntries(pairs.map((pair) => [pair![1], parseValue(pair![2])]));
}

export interface EnqueuedTrials {
  readonly trials: readonly Params[];
  /** What was converted, in words. */
  readonly notes: readonly string[];
}

/**
 * @param text JSON, or the name of a file with it: the parameters of a trial, or a list of several. Names may be published ones such as `batch_size`;
 *   a published `learning_rate` of 1 or more is the exponent x of η = 10^−x, and converted.
 * @throws UserError if it is not that
 */
export function enqueuedTrials(text: string, flag: string): EnqueuedTrials {
  const { name: source, json } = parseJsonOrFile(text, flag);
  const list = Array.isArray(json) && json.length > 0 ? json : [json];
  const notes: string[] = [];
  const trials = list.map((params: unknown): Params => {
    if (!isObject(params) || Object.keys(params).length === 0) {
      throw new UserError(
        `Expected ${source} to be a JSON object of parameters, or a list of such, got ${shownJson(params)}.`,
      );
    }
    return Object.fromEntries(Object.entries(params).map(([name, value]) => published(name, value, notes, source)));
  });
  return { trials, notes };
}

function published(name: string, value: unknown, notes: string[], source: string): [string, ParameterValue] {
  if (value !== null && !['number', 'string', 'boolean'].includes(typeof value)) {
    throw new UserError(`Expected ${quoted(name)} in ${source} to be a single value, got ${shownJson(value)}.`);
  }
  const ours = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (name === 'learning_rate' && typeof value === 'number' && value >= 1) {
    const learningRate = 10 ** -value;
    notes.push(
      `learning_rate ${value} is the exponent of a power of ten: learningRate is 10^-${value} = ${shortNumber(learningRate)}.`,
    );
    return [ours, learningRate];
  }
  return [ours, value as ParameterValue];
}

function parseValue(text: string): ParameterValue {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) || Array.isArray(value) ? text : (value as ParameterValue);
  } catch {
    return text;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
