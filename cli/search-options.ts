/** Options of a search that are JSON: search spaces, fixed parameters, and trials to begin with. */
import { readFileSync } from 'node:fs';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import { parseSpace } from '../search/distributions.ts';
import type { Params, ParameterValue, SearchSpace } from '../search/distributions.ts';
import { rounded } from './format.ts';
import { parseJson } from '../base/json.ts';

/**
 * @param text JSON, or the name of a file with JSON: the distribution of every parameter by its name
 * @throws UserError if it is neither, or no search space
 */
export function searchSpace(text: string, flag: string): SearchSpace {
  const isJson = text.trimStart().startsWith('{');
  const name = isJson ? flag : displayPath(text);
  let content: string;
  try {
    content = isJson ? text : readFileSync(text, 'utf8');
  } catch (cause) {
    throw new UserError(`${name}: expected a readable JSON file, or JSON, after ${flag}, found none.`, { cause });
  }
  const space = parseJson(content, name);
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
    throw new UserError(`Expected ${flag} as name=value, several separated by commas, got "${text}".`);
  }
  return Object.fromEntries(pairs.map((pair) => [pair![1], parseValue(pair![2])]));
}

export interface EnqueuedTrials {
  readonly trials: readonly Params[];
  /** What was converted, in words. */
  readonly notes: readonly string[];
}

/**
 * @param text JSON: the parameters of a trial, or a list of several. Names may be published ones such as `batch_size`;
 *   a published `learning_rate` of 1 or more is the exponent x of η = 10^−x, and converted.
 * @throws UserError if it is not that
 */
export function enqueuedTrials(text: string, flag: string): EnqueuedTrials {
  const content = parseJson(text, flag);
  const list = Array.isArray(content) ? content : [content];
  const notes: string[] = [];
  const trials = list.map((params: unknown): Params => {
    if (!isObject(params) || Object.keys(params).length === 0) {
      throw new UserError(
        `Expected ${flag} to be a JSON object of parameters, or a list of such, got ${JSON.stringify(params)}.`,
      );
    }
    return Object.fromEntries(Object.entries(params).map(([name, value]) => published(name, value, notes, flag)));
  });
  return { trials, notes };
}

function published(name: string, value: unknown, notes: string[], flag: string): [string, ParameterValue] {
  if (value !== null && !['number', 'string', 'boolean'].includes(typeof value)) {
    throw new UserError(`Expected "${name}" after ${flag} to be a single value, got ${JSON.stringify(value)}.`);
  }
  const ours = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (name === 'learning_rate' && typeof value === 'number' && value >= 1) {
    const learningRate = 10 ** -value;
    notes.push(
      `learning_rate ${value} is the exponent of a power of ten: learningRate is 10^-${value} = ${rounded(learningRate)}.`,
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
