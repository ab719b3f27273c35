/** A submission: labels or probabilities of the test images, as the CSV that the competition asks for. */
import { isDeepStrictEqual } from 'node:util';
import { displayPath } from '../base/paths.ts';
import { decodeText } from '../base/text.ts';
import {
  parseLine,
  type Competition,
  dataDirectory,
  labelText,
  parseLabels,
  parseProbabilities,
  type ProbabilityForm,
  type Sample,
} from '../data/index.ts';
import { LARGEST_SUBMISSION_BYTES } from '../records/index.ts';
import { predictedLabels } from '../pipeline/index.ts';
import { probabilityHeader, summingToOne } from './probability-table.ts';
import { printable } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { writeAtomically } from '../base/output-files.ts';
import { csvCell } from './csv-cell.ts';
import { readSubmissionBytes } from './submission-bytes.ts';
import { sha256 } from '../base/sha256.ts';

export interface Submission {
  readonly ids: readonly string[];
  /** Class index of the image with the id at the same position: the most probable class. */
  readonly labels: Uint16Array;
  /** f32 or f64[ids × classes]; absent for a file with labels. */
  readonly probabilities?: Float32Array | Float64Array;
}

/** In what order a submission has its rows and columns. */
export interface SubmissionOrder {
  /** The image of each row; null for that of the ids. */
  readonly rows: Uint32Array | null;
  /** Where it holds probabilities of each class, the class of each column; null for that of the classes. */
  readonly columns: readonly number[] | null;
}

const USUAL: SubmissionOrder = { rows: null, columns: null };

/** Names of the columns after the id. */
function columnsOf({ submission, classes }: Competition, { columns }: SubmissionOrder): string[] {
  const { probabilities: form, label } = submission;
  if (form === undefined || 'of' in form) return [label];
  return Array.from(columns ?? classes.keys(), (k) => form.columns[k]);
}

const submissionHeader = (competition: Competition, order: SubmissionOrder = USUAL): string =>
  probabilityHeader({ id: competition.submission.id, columns: columnsOf(competition, order) });

/** How each submission to the competition begins, whatever the order of its columns. */
export const submissionBeginning = (competition: Competition): string => {
  const { submission } = competition;
  const hasColumns = submission.probabilities !== undefined && 'columns' in submission.probabilities;
  return hasColumns ? `${csvCell(submission.id)},` : submissionHeader(competition);
};

/**
 * The CSV text: header, then the id and the label or the probabilities of each image, every line ended by a line feed.
 * @throws RangeError unless there is one label for each id and each label is a class of the competition, and for a
 *   submission without the probabilities that the competition wants
 */
export function submissionCsv(
  competition: Competition,
  { ids, labels, probabilities }: Submission,
  order: SubmissionOrder = USUAL,
): string {
  if (labels.length !== ids.length) {
    throw new RangeError(`Expected \`labels\` to have ${ids.length} elements, one for each id, got ${labels.length}.`);
  }
  const { submission, classes } = competition;
  const { probabilities: form } = submission;
  const row = (cells: (row: number) => string): string =>
    Array.from(order.rows ?? ids.keys(), (image) => `${csvCell(ids[image])},${cells(image)}\n`).join('');
  if (form === undefined) {
    const label = (image: number): string => {
      if (labels[image] < classes.length) return csvCell(labelText(submission, classes, labels[image]));
      throw new RangeError(`Expected \`labels[${image}]\` to be below ${classes.length}, got ${labels[image]}.`);
    };
    return submissionHeader(competition) + row(label);
  }
  if (probabilities?.length !== ids.length * classes.length) {
    throw new RangeError(`Expected \`probabilities\` of ${classes.length} classes for each id, got others or none.`);
  }
  const numbers = summingToOne(probabilities, classes.length);
  const shown = 'of' in form ? [form.of] : (order.columns ?? [...classes.keys()]);
  return (
    submissionHeader(competition, order) + row((image) => shown.map((k) => numbers[image * classes.length + k]).join())
  );
}

/**
 * Writes the CSV whole or not at all, in the place of an earlier one.
 * @returns SHA-256 of its bytes
 * @throws UserError if it cannot be written
 */
export async function writeSubmission(
  file: string,
  competition: Competition,
  submission: Submission,
  order: SubmissionOrder = USUAL,
): Promise<string> {
  const text = submissionCsv(competition, submission, order);
  await writeAtomically(file, text);
  return submissionDigest(text);
}

/** SHA-256 of a submission's bytes, in hexadecimal digits. */
export const submissionDigest = sha256;

/**
 * Reads a submission that this or another program has written, plain, packed, or in UTF-16; a column with the usage may
 * follow the labels, so that a solution can be read too.
 * @throws UserError naming file and line for a wrong header, row, id or label, or if the file is missing
 */
export async function readSubmission(file: string, competition: Competition): Promise<Submission> {
  const { name, text } = await readSubmissionText(file, 'a submission');
  return parseSubmission(name, text, competition, { usageAllowed: true });
}

/** @param what the file should be, for the message @throws UserError if it is missing, too large or no text */
export async function readSubmissionText(file: string, what: string): Promise<{ name: string; text: string }> {
  const { name, csv } = await readSubmissionBytes(file, LARGEST_SUBMISSION_BYTES);
  try {
    return { name, text: decodeText(csv) };
  } catch (cause) {
    throw new UserError(`${name}: expected text in UTF-8, got something else. Name ${what}.`, { cause });
  }
}

/**
 * Labels, or probabilities: those that the competition wants, or of each class by its name, as `--probabilities` writes
 * them.
 * @param name what messages call it
 * @throws UserError as `readSubmission`
 */
export function parseSubmission(
  name: string,
  text: string,
  competition: Competition,
  options: { readonly usageAllowed?: boolean } = {},
): Submission {
  const { submission, classes } = competition;
  const content = text.replace(/^\uFEFF/, '');
  if (!content.trim().includes('\n')) {
    const found = content.trim() === '' ? 'an empty file' : 'none after the header';
    throw new UserError(`${name}: expected a row for each test image, got ${found}. Name another submission.`);
  }
  const form = formOfText(content, competition);
  if (form !== null) {
    const table = { ...submission, classes: classes.length, form };
    const { ids, probabilities } = parseProbabilities(name, content, table);
    return { ids, labels: predictedLabels(probabilities, classes.length), probabilities };
  }
  const entries = parseLabels(name, content, submission, classes, options);
  return {
    ids: entries.map(({ id }) => id),
    labels: Uint16Array.from(entries, ({ label }) => label),
  };
}

/** What the text holds by its first lines; null for labels. */
export function formOfText(text: string, { submission, classes }: Competition): ProbabilityForm | null {
  const { id, label, probabilities: form } = submission;
  const [header, first = ''] = text.split('\n', 2).map((line) => line.trim());
  const cells = parseLine(header);
  const isHeader = (names: readonly string[]): boolean => isDeepStrictEqual(cells, names);
  if (isHeader([id, label, 'Usage'])) return null;
  if (isHeader([id, label])) {
    const isNumber = /,\s*[\d.]+(e-?\d+)?$/i.test(first);
    return form !== undefined && 'of' in form && isNumber ? form : null;
  }
  if (isDeepStrictEqual(cells.slice(1).toSorted(), classes.toSorted())) return { columns: classes };
  return form !== undefined && 'columns' in form ? form : null;
}

/**
 * The order of a submission: that of the sample, where there is one.
 * @throws UserError as `checkSample`
 */
export const orderBySample = (
  competition: Competition,
  ids: readonly string[],
  sample: Sample | null,
  dataDir?: string,
): SubmissionOrder => ({
  rows: sample && checkSample(competition, ids, sample.ids, dataDir),
  columns: sample && sample.order,
});

/**
 * Checks the ids of the test images against those of the sample submission. Ids that count the images must be the same
 * in the same order; ids of files may be in any.
 * @returns the test image of each row of the sample, null where both have the same order
 * @throws UserError naming both files where they differ
 */
export function checkSample(
  competition: Competition,
  ids: readonly string[],
  sample: readonly string[],
  dataDir?: string,
): Uint32Array | null {
  const { files, submission } = competition;
  const row = ids.findIndex((id, i) => id !== sample[i]);
  if (ids.length === sample.length && row === -1) return null;
  const places = new Map(ids.map((id, image) => [id, image]));
  const stranger = sample.findIndex((id) => !places.has(id));
  const isSame = ids.length === sample.length && stranger === -1;
  if (isSame && submission.firstId === null) return Uint32Array.from(sample, (id) => places.get(id)!);
  if (stranger === -1 && sample.length < ids.length) {
    const known = new Set(sample);
    const missing = ids.length - sample.length;
    throw new UserError(
      `${files.sampleSubmission} in ${displayPath(dataDirectory(competition, dataDir))}: ${missing} of the ` +
        `${ids.length} test images ${missing === 1 ? 'is' : 'are'} not in the sample submission, the first one ${printable(ids.find((id) => !known.has(id))!)}. ` +
        'Complete it, or put the files of one competition there.',
    );
  }
  const wrong = submission.firstId === null ? stranger : row;
  const found =
    ids.length === sample.length ? `id ${printable(sample[wrong])} in row ${wrong + 1}` : `${sample.length} rows`;
  const order = submission.firstId === null ? '' : ' in order';
  throw new UserError(
    `${files.sampleSubmission} in ${displayPath(dataDirectory(competition, dataDir))}: expected the ids of the ` +
      `${ids.length} test images, ${printable(ids[0])} … ${printable(ids[ids.length - 1])}${order}, got ${found}. ` +
      'Put the files of one competition there.',
  );
}
