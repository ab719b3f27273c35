/** Turns a failed zod check into one sentence: expectation, value, remedy. */
import type { z } from 'zod';
import { shownJson } from './printable.ts';
import { UserError } from './user-error.ts';

/**
 * @param where what the value is and where it came from, for example `parameters in best.json`
 * @throws UserError naming the first key that does not fit
 */
export function validate<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue.code === 'unrecognized_keys') {
    throw new UserError(`Unknown key \`${issue.keys.join('`, `')}\` in ${where}. Remove it or mend its spelling.`);
  }
  const found = issue.path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown>)?.[key], value);
  const key = issue.path.length > 0 ? `\`${issue.path.join('.')}\` in ${where}` : where;
  throw new UserError(
    `Expected ${key} to be ${issue.message}, got ${found === undefined ? 'nothing' : shownJson(found)}.`,
  );
}
