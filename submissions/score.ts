/** Scores labels against known answers, which may cover a part of the test images. */
import { displayPath } from '../base/paths.ts';
import {
  type Competition,
  type TestImages,
  type LabelEntry,
  type Usage,
  findSolution,
  loadSolution,
} from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { type Score, score } from '../pipeline/index.ts';

/** The score on all answers, and on those of each leaderboard if the solution tells them apart. */
export interface TestScore extends Score {
  readonly public?: Score;
  readonly private?: Score;
}

/** Known answers, found among the rows of the test file. */
export interface Answers {
  /** Row of the test file. */
  readonly rows: Uint32Array;
  /** Class index, at the same position as its row. */
  readonly labels: Uint16Array;
  /** The leaderboard of each answer; undefined where the solution does not say. */
  readonly usage: readonly (Usage | undefined)[];
}

/**
 * The answers to the test images: of `solutionFile`, or else of the labelled test file or of the solution among the
 * competition's files.
 * @returns null if none are known
 * @throws UserError if the solution cannot be read, or is one of other images
 */
export async function loadAnswers(
  competition: Competition,
  { ids, labels }: TestImages,
  { dataDir, solutionFile }: { dataDir?: string; solutionFile?: string } = {},
): Promise<Answers | null> {
  if (solutionFile === undefined && labels) {
    return { rows: Uint32Array.from(ids.keys()), labels, usage: Array.from<undefined>({ length: ids.length }) };
  }
  const file = solutionFile ?? (await findSolution(competition, { dataDir }));
  return file === null ? null : alignAnswers(ids, await loadSolution(file, competition), file);
}

/**
 * Finds the row of each answer.
 * @param ids of the test file, or of a submission
 * @param file where the entries came from, for the message
 * @throws UserError if an entry has an id that is not among `ids`
 */
export function alignAnswers(ids: readonly string[], entries: readonly LabelEntry[], file: string): Answers {
  const rowOf = new Map(Array.from(ids, (id, row) => [id, row]));
  const rows = Uint32Array.from(entries, ({ id }) => {
    const row = rowOf.get(id);
    if (row !== undefined) return row;
    throw new UserError(
      `${displayPath(file)}: expected ids among the ${ids.length} of the test images, ` +
        `${ids[0]} … ${ids[ids.length - 1]}, got ${id}. Name the solution of this test file.`,
    );
  });
  return { rows, labels: Uint16Array.from(entries, ({ label }) => label), usage: entries.map(({ usage }) => usage) };
}

/**
 * Which answers the labels meet.
 * @param labels class index for each row of the test file
 * @returns 1 where right and 0 where wrong, for each answer
 */
export const rightAnswers = (labels: Uint16Array, answers: Answers): Uint8Array =>
  Uint8Array.from(answers.labels, (answer, i) => Number(labels[answers.rows[i]] === answer));

/** Accuracy with its standard error, over all answers and over each leaderboard's. @param right from `rightAnswers` */
export function scoreAnswers(right: Uint8Array, { usage }: Answers): TestScore {
  const over = (part: Uint8Array): Score =>
    score(
      part.reduce((sum, value) => sum + value, 0),
      part.length,
    );
  const publicPart = right.filter((_, i) => usage[i] === 'Public');
  const privatePart = right.filter((_, i) => usage[i] === 'Private');
  return {
    ...over(right),
    ...(publicPart.length > 0 && { public: over(publicPart) }),
    ...(privatePart.length > 0 && { private: over(privatePart) }),
  };
}
