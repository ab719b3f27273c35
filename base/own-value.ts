/** Look-ups by names that come from outside: `constructor` and its like are names as any other. */
import { printable, quoted } from './printable.ts';

/** What a record holds under a name; undefined if that is none of its own. */
export const ownValue = <T>(record: Readonly<Record<string, T>>, name: PropertyKey): T | undefined =>
  Object.hasOwn(record, name) ? record[name as string] : undefined;

/** The sentence for a name that there is not: Unknown sampler "annealing". Known: grid, random. */
export const unknownName = (what: string, name: unknown, known: readonly string[]): string =>
  `Unknown ${what} ${quoted(String(name))}. Known: ${printable(known.join(', '), 1_000)}.`;
