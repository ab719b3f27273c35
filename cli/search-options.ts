/** Options whose values are parameters: search spaces, fixed parameters, and trials to begin with. */
import { parseJsonOrFile } from '../base/json.ts';
import { quoted } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { parseSpace, type Params, type ParameterValue, type SearchSpace } from '../search/index.ts';
import {
  isMeasure,
  type Limit,
  measureNames,
  type MeasureName,
  parseLimit,
  type PublishedTrials,
  publishedTrials,
} from '../tuning/index.ts';
import { knownName } from '../base/own-value.ts';
import { metricNames } from '../data/index.ts';
import { optional } from './option.ts';
import { nameList } from './option-parsers.ts';

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

export const fix = optional({
  flags: '--fix <name=value,...>',
  description: 'parameters with a fixed value, which are not searched',
  parse: fixedParameters,
  shownFallback: 'none',
});

/** @param text `name=value`, several separated by commas @throws UserError */
function fixedParameters(text: string, flag: string): Params {
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

/** @param text names separated by commas: the score, and measures @throws UserError */
export function objectiveNames(text: string, flag: string): readonly string[] {
  const names = nameList(text, flag);
  const known = [...measureNames, ...metricNames];
  for (const name of names) knownName('objective', name, known);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new UserError(`Expected ${quoted(twice)} once after ${flag}, got it twice.`);
  return names;
}

/**
 * The measures among the objectives that were named.
 * @param score name of the score of the competition
 * @throws UserError unless the score comes first, and measures after it
 */
export function measuresIn(names: readonly string[], score: string): readonly MeasureName[] {
  const [first, ...others] = names;
  const wrong = others.find((name) => !isMeasure(name));
  if (first === score && wrong === undefined) return others.filter(isMeasure);
  throw new UserError(
    `Expected --objective to be ${score}, the score of this competition, and then some of ${measureNames.join(', ')}, ` +
      `got ${quoted(names.join(','))}.`,
  );
}

/** @param text bounds separated by commas, such as `seconds<=60` @throws UserError */
export function limits(text: string, flag: string): readonly Limit[] {
  const parsed = nameList(text, flag).map((part) => parseLimit(part, flag));
  for (const upper of parsed.filter((limit) => limit.text.includes('<='))) {
    const lower = parsed.find(
      ({ of, text: bound, missedBy }) => of === upper.of && bound.includes('>=') && missedBy(0) + upper.missedBy(0) > 0,
    );
    if (lower === undefined) continue;
    throw new UserError(
      `Expected ${flag} to be bounds that can be kept together, got ${upper.text} and ${lower.text}.`,
    );
  }
  return parsed;
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
