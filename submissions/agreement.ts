/** Compares two submission files: where they say the same, and which of them is right more often. */
import { integer, percent } from '../base/format.ts';
import { displayPath } from '../base/paths.ts';
import { type Competition, loadSolution } from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { countCorrect } from '../pipeline/index.ts';
import { differenceSentence, type PairedDifference, pairedDifference } from './compare.ts';
import { alignAnswers, rightAnswers, scoreAnswers, type TestScore } from './score.ts';
import { readSubmission, type Submission } from './submission.ts';

export interface Agreement {
  /** Paths as messages name them. */
  readonly files: readonly [first: string, second: string];
  /** Images. */
  readonly n: number;
  /** Images with the same label in both. */
  readonly equal: number;
  /** equal / n */
  readonly share: number;
  /** The images with different labels, in the order of the first file. */
  readonly differing: readonly { readonly id: string; readonly first: number; readonly second: number }[];
  /** Null without a solution. */
  readonly scores: readonly [first: TestScore, second: TestScore] | null;
  /** First minus second on the images of the solution; null without one. Its verdict is one of `files`, or `tie`. */
  readonly difference: PairedDifference | null;
  readonly sentence: string;
}

/**
 * @param files paths of two submissions with the same ids, in any order
 * @param solutionFile scores both where it is given
 * @throws UserError if a file is missing, is no submission, or has other ids than the first
 */
export async function compareSubmissions(
  competition: Competition,
  files: readonly [string, string],
  solutionFile?: string,
): Promise<Agreement> {
  const names = [displayPath(files[0]), displayPath(files[1])] as const;
  const first = await readSubmission(files[0], competition);
  const second = inOrderOf(first, await readSubmission(files[1], competition), names);
  const n = first.ids.length;
  const equal = countCorrect(first.labels, second);
  const differing = first.ids
    .map((id, i) => ({ id, first: first.labels[i], second: second[i] }))
    .filter((image) => image.first !== image.second);
  const agreement = `${names[0]} and ${names[1]} agree on ${integer(equal)} of ${integer(n)} labels (${percent(equal / n)}).`;
  const compared = { files: names, n, equal, share: equal / n, differing };
  if (solutionFile === undefined) return { ...compared, scores: null, difference: null, sentence: agreement };

  const answers = alignAnswers(first.ids, await loadSolution(solutionFile, competition), solutionFile);
  const right = [rightAnswers(first.labels, answers), rightAnswers(second, answers)] as const;
  const difference = pairedDifference([names[0], right[0]], [names[1], right[1]]);
  const [one, other] = names.map((title, i) => ({ title, right: right[i] }));
  return {
    ...compared,
    scores: [scoreAnswers(right[0], answers), scoreAnswers(right[1], answers)],
    difference,
    sentence: `${agreement} ${differenceSentence(`on ${competition.id}`, one, other, difference, 'answers')}`,
  };
}

/**
 * The labels of `second`, ordered by the ids of `first`.
 * @param names of both for the message
 * @throws UserError if they have other ids
 */
export function inOrderOf(first: Submission, second: Submission, names: readonly [string, string]): Uint16Array {
  const labelOf = new Map(Array.from(second.ids, (id, i) => [id, second.labels[i]]));
  const missing = first.ids.find((id) => !labelOf.has(id));
  if (missing === undefined && second.ids.length === first.ids.length) {
    return Uint16Array.from(first.ids, (id) => labelOf.get(id)!);
  }
  const found = missing === undefined ? `${second.ids.length}` : `none for id ${missing}`;
  throw new UserError(
    `${names[1]}: expected labels for the ${first.ids.length} ids of ${names[0]}, got ${found}. ` +
      'Name two submissions to the same competition.',
  );
}
