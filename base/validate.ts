/** Turns a failed zod check into one sentence: expectation, value, remedy. */
import type { z } from 'zod';
import { printable, shownJson } from './printable.ts';
import { UserError } from './user-error.ts';

/**
 * @param where what the value is and where it is from, for example `parameters in best.json`
 * @throws UserError naming the first key that does not match
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  /** By the keys that an object refused; a schema with a message of its own does not tell them. */
  const knownKeys = new Map<readonly string[], readonly string[]>();
  const error = (issue: z.core.$ZodRawIssue): string => {
    if (issue.code === 'unrecognized_keys') knownKeys.set(issue.keys, keysOf(issue.inst));
    return expectation(issue);
  };
  const result = schema.safeParse(value, { error });
  if (result.success) return result.data;
  const { issues } = result.error;
  // A misspelt key is also why another one is missing.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => pathOf([...issue.path, key]));
    const known = knownKeys.get(issue.keys);
    const remedy = known ? `Known: ${printable(known.join(', '), 1_000)}.` : 'Remove it or correct its spelling.';
    throw new UserError(`Unknown key \`${printable(keys.join('`, `'))}\` in ${where}. ${remedy}`);
  }
  const found = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)?.[key], value);
  const key = issue.path.length > 0 ? `\`${pathOf(issue.path)}\` in ${where}` : where;
  throw new UserError(
    `Expected ${key} to be ${issue.message}, got ${found === undefined ? 'nothing' : shownJson(found)}.`,
  );
}

const pathOf = (path: readonly PropertyKey[]): string => printable(path.map(String).join('.'));

const keysOf = (schema: unknown): readonly string[] => Object.keys((schema as z.ZodObject).shape);

/** Completes `Expected … to be …` for schemas without a text of their own. */
export function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return kinds[issue.expected] ?? 'a value of another kind';
    case 'invalid_value':
      return issue.values.length === 1 ? shownJson(issue.values[0]) : `one of ${issue.values.map(String).join(', ')}`;
    case 'too_small':
      return bounded(issue, issue.inclusive === false ? 'above' : 'at least', issue.minimum);
    case 'too_big':
      return bounded(issue, issue.inclusive === false ? 'below' : 'at most', issue.maximum);
    case 'invalid_format':
      return `a text of the form ${issue.format}`;
    case 'not_multiple_of':
      return `a multiple of ${issue.divisor}`;
    case 'invalid_union':
      // Without errors, the discriminator has none of its values.
      return issue.errors.length === 0
        ? `one of ${Array.isArray(issue.options) ? issue.options.join(', ') : 'the known ones'}`
        : alternatives(issue.errors.flatMap(([first]) => first?.message ?? []));
    case 'invalid_key':
      return 'an object with other keys';
    case 'unrecognized_keys':
      return `without ${issue.keys.map((key) => printable(key)).join(', ')}`;
    case 'invalid_element':
    case 'custom':
      return 'another value';
  }
}

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  tuple: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  undefined: 'left out',
  never: 'left out',
};

const counted: Readonly<Record<string, string>> = { array: ' elements', string: ' characters' };

/** `at least 3`, `of exactly 2 elements` */
function bounded({ origin, exact }: { origin: string; exact?: boolean }, than: string, bound: number | bigint): string {
  const noun = counted[origin];
  return noun === undefined ? `${than} ${bound}` : `of ${exact ? 'exactly' : than} ${bound}${noun}`;
}

const alternatives = (messages: readonly string[]): string => [...new Set(messages)].join(' or ');
