/**
 * Reads all trials of a study part by part, so that a long study keeps the thread, which may serve others, for a moment at
 * a time. What changes meanwhile is read at the end.
 */
import { nextTurn } from '../../base/next-turn.ts';
import { type Origin, type Row, TrialsInOrder } from './rows.ts';
import type { Changes } from './storage.ts';

interface Source {
  /** The study as it is now. */
  readonly find: () => Promise<{ readonly id: number; readonly revision: number }>;
  /** Rows of its trials from a number on, in their order, at most so many. */
  readonly part: (id: number, first: number, most: number) => Promise<readonly Row[]>;
  /** The study as it is now, with the rows that changed after a revision. */
  readonly since: (
    revision: number,
  ) => Promise<{ id: number; revision: number; isAnew?: boolean; rows: readonly Row[] }>;
}

/** Some hundredths of a second of work. */
const PART = 1_000;

/** @throws StudyError if a row is damaged or missing, or the study is gone */
export async function readInParts({ find, part, since }: Source, origin: Origin): Promise<Changes> {
  for (;;) {
    const begun = await find();
    const trials = new TrialsInOrder(origin);
    while (trials.add(await part(begun.id, trials.count, PART)) === PART) await nextTurn();
    const { id, revision, isAnew, rows } = await since(begun.revision);
    // Else it was deleted and made anew, or a crash has undone a part of it.
    if (id === begun.id && revision >= begun.revision && !isAnew)
      return { trials: trials.end(rows, revision), revision };
  }
}
