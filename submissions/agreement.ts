/** Compares two submission files: where they say the same, and which of them is better. */
import { integer, percent } from '../base/format.ts';
import { displayPath } from '../base/paths.ts';
import { printable } from '../base/printable.ts';
import { type Competition, findMetric, loadSolution, type MetricName, type Predictions } from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { countCorrect } from '../pipeline/index.ts';
import {
  differenceByMetric,
  differenceSentence,
  type Judged,
  type PairedDifference,
  pairedDifference,
} from './compare.ts';
import { summingToOne } from './probability-table.ts';
import {
  alignAnswers,
  answeredPredictions,
  type Answers,
  rightAnswers,
  scoreAnswers,
  type TestScore,
} from './score.ts';
import { readSubmission, type Submission } from './submission.ts';

export interface Agreement {
  /** Paths as messages name them. */
  readonly files: readonly [first: string, second: string];
  /** Images. */
  readonly n: number;
  /** Images with the same label in both; where both hold probabilities, with the same most probable class. */
  readonly equal: number;
  /** equal / n */
  readonly share: number;
  /** The images with different labels, in the order of the first file. */
  readonly differing: readonly { readonly id: string; readonly first: number; readonly second: number }[];
  /** How far the probabilities are apart; null unless both files hold such. */
  readonly distance: ProbabilityDistance | null;
  /** Null without a solution. */
  readonly scores: readonly [first: TestScore, second: TestScore] | null;
  /** First minus second on the images of the solution; null without one. Its verdict is one of `files`, or `tie`. */
  readonly difference: PairedDifference | null;
  readonly sentence: string;
}

/** Half the sum of |p − q| over the classes of an image, in [0, 1]: the probability that would have to be moved. */
export interface ProbabilityDistance {
  readonly mean: number;
  readonly largest: number;
  /** The image with the largest. */
  readonly id: string;
}

/**
 * @param files paths of two submissions with the same ids, in any order; each holds labels or probabilities
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
  const equal = countCorrect(first.labels, second.labels);
  const differing = first.ids
    .map((id, i) => ({ id, first: first.labels[i], second: second.labels[i] }))
    .filter((image) => image.first !== image.second);
  const distance = distanceOf(first, second, competition.classes.length);
  const compared = { files: names, n, equal, share: equal / n, differing, distance };
  const agreement = agreementSentence(compared);
  if (solutionFile === undefined) return { ...compared, scores: null, difference: null, sentence: agreement };

  const answers = alignAnswers(first.ids, await loadSolution(solutionFile, competition), solutionFile);
  const both = [
    { title: names[0], ...first },
    { title: names[1], ...second },
  ] as const;
  const { scores, difference, sentence } = scored(competition, both, answers);
  return { ...compared, scores, difference, sentence: `${agreement} ${sentence}` };
}

function agreementSentence({
  files: [first, second],
  n,
  equal,
  distance,
}: Pick<Agreement, 'files' | 'n' | 'equal' | 'distance'>): string {
  const share = `${integer(equal)} of ${integer(n)}`;
  if (distance === null) return `${first} and ${second} agree on ${share} labels (${percent(equal / n)}).`;
  const { mean, largest, id } = distance;
  return (
    `${first} and ${second} have the same most probable class for ${share} images (${percent(equal / n)}). ` +
    `Their probabilities are ${mean.toFixed(4)} apart on average, and ${largest.toFixed(4)} at most (${printable(id)}).`
  );
}

function distanceOf(first: Submission, second: Submission, classes: number): ProbabilityDistance | null {
  if (!first.probabilities || !second.probabilities) return null;
  const [p, q] = [first, second].map(({ probabilities }) => summingToOne(probabilities!, classes));
  let [sum, largest, place] = [0, 0, 0];
  for (let row = 0; row < first.ids.length; row += 1) {
    let apart = 0;
    for (let k = 0; k < classes; k += 1) apart += Math.abs(p[row * classes + k] - q[row * classes + k]) / 2;
    sum += apart;
    if (apart > largest) [largest, place] = [apart, row];
  }
  return { mean: sum / first.ids.length, largest, id: first.ids[place] };
}

type Titled = Submission & { readonly title: string };

/** By the metric of the competition if both files hold what it looks at, else by accuracy. */
function scored(
  { id, metric, classes }: Competition,
  both: readonly [Titled, Titled],
  answers: Answers,
): { scores: readonly [TestScore, TestScore]; difference: PairedDifference; sentence: string } {
  const where = `on ${id}`;
  const right = both.map(({ labels }) => rightAnswers(labels, answers));
  const isMissing = ({ probabilities }: Titled): boolean => !probabilities && !findMetric(metric).ofLabels;
  const lacking = both.filter(isMissing).map(({ title }) => title);
  if (metric === 'accuracy' || lacking.length > 0) {
    const difference = pairedDifference([both[0].title, right[0]], [both[1].title, right[1]]);
    const [one, other] = both.map(({ title }, i) => ({ title, right: right[i] }));
    const why =
      lacking.length === 0
        ? ''
        : ` They are compared by accuracy, because there are no probabilities in ${lacking.join(' and ')}, as ${findMetric(metric).title} needs them.`;
    return {
      scores: [scoreAnswers(right[0], answers), scoreAnswers(right[1], answers)],
      difference,
      sentence: `${differenceSentence(where, one, other, difference, 'answers')}${why}`,
    };
  }
  const probabilities = both.map((one) => certain(one, classes.length));
  const predictions = probabilities.map((of): Predictions => answeredPredictions(of, answers, classes.length));
  const by = (i: number): { metric: MetricName; probabilities: Float32Array; classes: number } => ({
    metric,
    probabilities: probabilities[i],
    classes: classes.length,
  });
  const { difference, sentence }: Judged = differenceByMetric(
    metric,
    where,
    { id: both[0].title, title: both[0].title, predictions: predictions[0] },
    { id: both[1].title, title: both[1].title, predictions: predictions[1] },
    'answers',
  );
  return {
    scores: [scoreAnswers(right[0], answers, by(0)), scoreAnswers(right[1], answers, by(1))],
    difference,
    sentence,
  };
}

/** The probabilities of a submission; of labels, 1 for each. @returns f32[ids × classes] */
function certain({ labels, probabilities }: Submission, classes: number): Float32Array {
  if (probabilities) return Float32Array.from(summingToOne(probabilities, classes));
  const all = new Float32Array(labels.length * classes);
  for (const [row, label] of labels.entries()) all[row * classes + label] = 1;
  return all;
}

/**
 * What `second` says, ordered by the ids of `first`.
 * @param names of both for the message
 * @throws UserError if they have other ids
 */
export function inOrderOf(first: Submission, second: Submission, names: readonly [string, string]): Submission {
  const { ids } = first;
  const rows = rowsInOrder(
    ids,
    second.ids,
    (missing) =>
      `${names[1]}: expected labels for the ${ids.length} ids of ${names[0]}, got ${missing ?? second.ids.length}. ` +
      'Name two submissions to the same competition.',
  );
  const { labels, probabilities } = second;
  const inOrder = { ids, labels: Uint16Array.from(rows, (row) => labels[row]) };
  if (!probabilities) return inOrder;
  const classes = probabilities.length / labels.length;
  const moved = new Float64Array(probabilities.length);
  for (const [to, from] of rows.entries()) {
    moved.set(probabilities.subarray(from * classes, (from + 1) * classes), to * classes);
  }
  return { ...inOrder, probabilities: moved };
}

/**
 * The place of each id among those that were found.
 * @param refusal the message; `missing` says which id is not there, and is absent where there are only too many
 * @throws UserError unless the ids are the same
 */
export function rowsInOrder(
  ids: readonly string[],
  found: readonly string[],
  refusal: (missing?: string) => string,
): Uint32Array {
  const rowOf = new Map(found.map((id, row) => [id, row]));
  const missing = ids.find((id) => !rowOf.has(id));
  if (missing !== undefined) throw new UserError(refusal(`none for id ${printable(missing)}`));
  if (found.length !== ids.length) throw new UserError(refusal());
  return Uint32Array.from(ids, (id) => rowOf.get(id)!);
}
