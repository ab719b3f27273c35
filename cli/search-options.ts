/** Options of a search that are JSON: search spaces, fixed parameters, and trials to begin with. */
import { parseJsonOrFile } from '../base/json.ts';
import { quoted } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { parseSpace, type Params, type ParameterValue, type SearchSpace } from '../search/index.ts';
import { type PublishedTrials, publishedTrials } from '../tuning/index.ts';

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

/** @param text JSON, or the name of a file with it: what `publishedTrials` reads @throws UserError */
export function enqueuedTrials(text: string, flag: string): PublishedTrials {
  const { name, json } = parseJsonOrFile(text, flag);
  return publishedTrials(json, name);
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
