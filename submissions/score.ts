/** Scores labels against known answers, which may cover a part of the test images. */
import { displayPath } from '../base/paths.ts';
import {
  type Competition,
  type MetricName,
  type Predictions,
  scoreBy,
  type TestImages,
  type LabelEntry,
  type Usage,
  findSolution,
  loadSolution,
} from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { pickRows, predictedLabels, predictionsOf, type Score, score } from '../pipeline/index.ts';

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
        `${ids[0]} … ${ids[ids.length - 1]}, got ${id}. Name the solution that belongs to this test file.`,
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

/**
 * Predictions of the images whose answers are known, in the order of the answers.
 * @param probabilities f32[test images × classes]
 */
export function answeredPredictions(
  probabilities: Float32Array,
  { rows, labels }: Pick<Answers, 'rows' | 'labels'>,
  classes: number,
): Predictions {
  return predictionsOf(pickRows(probabilities, rows, classes), labels, classes);
}

/** A metric other than accuracy, and the predictions that it scores. */
export interface ScoredBy {
  readonly metric: MetricName;
  /** f32[test images × classes] */
  readonly probabilities: Float32Array;
  readonly classes: number;
}

/**
 * Accuracy with its standard error, over all answers and over each leaderboard's, and the score by the metric beside it.
 * @param right from `rightAnswers`
 */
export function scoreAnswers(right: Uint8Array, answers: Answers, by?: ScoredBy): TestScore {
  const over = (isMeant: (usage: Usage | undefined) => boolean): Score => {
    const places = answers.usage.flatMap((usage, i) => (isMeant(usage) ? [i] : []));
    const ofAll = score(
      places.reduce((sum, i) => sum + right[i], 0),
      places.length,
    );
    if (by === undefined || places.length === 0) return ofAll;
    const [rows, labels] = [places.map((i) => answers.rows[i]), places.map((i) => answers.labels[i])];
    const part = { rows: Uint32Array.from(rows), labels: Uint16Array.from(labels) };
    const metric = scoreBy(by.metric, answeredPredictions(by.probabilities, part, by.classes));
    // Some of them have no value where a class is missing.
    return Number.isFinite(metric.value) ? { ...ofAll, metric } : ofAll;
  };
  const [publicScore, privateScore] = (['Public', 'Private'] as const).map((one) => over((usage) => usage === one));
  return {
    ...over(() => true),
    ...(publicScore.n > 0 && { public: publicScore }),
    ...(privateScore.n > 0 && { private: privateScore }),
  };
}

/**
 * The score of probabilities, by the metric of the competition too.
 * @param probabilities f32[test images × classes]
 */
export function scoreProbabilities(
  probabilities: Float32Array,
  answers: Answers,
  { metric, classes: { length: classes } }: Pick<Competition, 'metric' | 'classes'>,
): TestScore {
  const right = rightAnswers(predictedLabels(probabilities, classes), answers);
  return scoreAnswers(right, answers, metric === 'accuracy' ? undefined : { metric, probabilities, classes });
}
