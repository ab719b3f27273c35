/** Reads many files of which some may be damaged. */
import { UserError } from './user-error.ts';

/** Goes with a list of what was read. */
export interface Unreadable {
  /** A sentence for each thing that cannot be read, because it is damaged or of another version. */
  readonly unreadable: readonly string[];
}

/** Reads one thing after the other. One that cannot be read hides no others. */
export async function readEach<Source, Result>(
  sources: Iterable<Source>,
  read: (source: Source) => Result | Promise<Result>,
): Promise<Unreadable & { readonly found: Result[] }> {
  const found: Result[] = [];
  const unreadable: string[] = [];
  for (const source of sources) {
    try {
      found.push(await read(source));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unreadable.push(error.message);
    }
  }
  return { found, unreadable };
}
