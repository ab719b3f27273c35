/** A submission: one label for each test image, as the CSV that the competition asks for. */
import { displayPath } from '../base/paths.ts';
import { decodeText } from '../base/text.ts';
import { type Competition, dataDirectory, labelText, parseLabels } from '../data/index.ts';
import { printable } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { writeAtomically } from '../base/output-files.ts';
import { csvCell } from './csv-cell.ts';
import { readSubmissionBytes } from './submission-bytes.ts';
import { sha256 } from '../base/sha256.ts';

export interface Submission {
  readonly ids: readonly string[];
  /** Class index of the image with the id at the same position. */
  readonly labels: Uint16Array;
}

export const submissionHeader = ({ submission }: Competition): string =>
  `${csvCell(submission.id)},${csvCell(submission.label)}\n`;

/**
 * The CSV text: header, then `id,label` for each image, every line ended by a line feed.
 * @param order of the rows, if it is not that of the ids
 * @throws RangeError unless there is one label for each id and each label is a class of the competition
 */
export function submissionCsv(
  competition: Competition,
  { ids, labels }: Submission,
  order: Uint32Array | null = null,
): string {
  if (labels.length !== ids.length) {
    throw new RangeError(`Expected \`labels\` to have ${ids.length} elements, one for each id, got ${labels.length}.`);
  }
  const { submission, classes } = competition;
  const lines = Array.from(order ?? ids.keys(), (row) => {
    if (labels[row] < classes.length) {
      return `${csvCell(ids[row])},${csvCell(labelText(submission, classes, labels[row]))}\n`;
    }
    throw new RangeError(`Expected \`labels[${row}]\` to be below ${classes.length}, got ${labels[row]}.`);
  });
  return submissionHeader(competition) + lines.join('');
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
  order: Uint32Array | null = null,
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
  const { name, csv } = await readSubmissionBytes(file);
  let text: string;
  try {
    text = decodeText(csv);
  } catch (cause) {
    throw new UserError(`${name}: expected text in UTF-8, got something else. Name a submission.`, { cause });
  }
  return parseSubmission(name, text, competition, { usageAllowed: true });
}

/** @param name what messages call it @throws UserError as `readSubmission` */
export function parseSubmission(
  name: string,
  text: string,
  { submission, classes }: Competition,
  options: { readonly usageAllowed?: boolean } = {},
): Submission {
  const entries = parseLabels(name, text.replace(/^\uFEFF/, ''), submission, classes, options);
  return {
    ids: entries.map(({ id }) => id),
    labels: Uint16Array.from(entries, ({ label }) => label),
  };
}

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
