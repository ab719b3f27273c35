/** Look-ups by names from outside. Inherited properties such as `constructor` are never found. */
import { UserError } from './user-error.ts';
import { printable, quoted } from './printable.ts';

/** The value of a record's own property; undefined if the record has no own property of that name. */
export const ownValue = <T>(record: Readonly<Record<string, T>>, name: PropertyKey): T | undefined =>
  Object.hasOwn(record, name) ? record[name as string] : undefined;

/** The error sentence for an unknown name: Unknown sampler "annealing". Known: grid, random. */
export const unknownName = (what: string, name: unknown, known: readonly string[]): string =>
  `Unknown ${what} ${quoted(String(name))}. Known: ${printable(known.join(', '), 1_000)}.`;

/** Checks that a name is known. @throws UserError if it is not */
export function knownName<T extends string>(what: string, name: string, known: readonly T[]): T {
  const found = known.find((one) => one === name);
  if (found !== undefined) return found;
  throw new UserError(unknownName(what, name, known));
}
