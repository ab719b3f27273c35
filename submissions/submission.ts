/** A submission: one label for each test image, as the CSV that the competition asks for. */
import { displayPath } from '../base/paths.ts';
import { decodeText } from '../base/text.ts';
import { type Competition, dataDirectory, labelText, parseLabels } from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { writeAtomically } from '../base/output-files.ts';
import { readSubmissionBytes } from './submission-bytes.ts';
import { sha256 } from '../base/sha256.ts';

export interface Submission {
  readonly ids: Uint32Array;
  /** Class index of the image with the id at the same position. */
  readonly labels: Uint16Array;
}

export const submissionHeader = ({ submission }: Competition): string => `${submission.id},${submission.label}\n`;

/**
 * The CSV text: header, then `id,label` for each image, every line ended by a line feed.
 * @throws RangeError unless there is one label for each id and each label is a class of the competition
 */
export function submissionCsv(competition: Competition, { ids, labels }: Submission): string {
  if (labels.length !== ids.length) {
    throw new RangeError(`Expected \`labels\` to have ${ids.length} elements, one for each id, got ${labels.length}.`);
  }
  const { submission, classes } = competition;
  const lines = Array.from(ids, (id, row) => {
    if (labels[row] < classes.length) return `${id},${labelText(submission, classes, labels[row])}\n`;
    throw new RangeError(`Expected \`labels[${row}]\` to be below ${classes.length}, got ${labels[row]}.`);
  });
  return submissionHeader(competition) + lines.join('');
}

/**
 * Writes the CSV whole or not at all, in the place of an earlier one.
 * @returns SHA-256 of its bytes
 * @throws UserError if it cannot be written
 */
export async function writeSubmission(file: string, competition: Competition, submission: Submission): Promise<string> {
  const text = submissionCsv(competition, submission);
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
    ids: Uint32Array.from(entries, ({ id }) => id),
    labels: Uint16Array.from(entries, ({ label }) => label),
  };
}

/**
 * Checks the ids of the test images against those of the sample submission: as many, the same, in the same order.
 * @throws UserError naming both files where they differ
 */
export function checkSample(competition: Competition, ids: Uint32Array, sample: Uint32Array, dataDir?: string): void {
  const { sampleSubmission } = competition.files;
  const row = ids.findIndex((id, i) => id !== sample[i]);
  if (ids.length === sample.length && row === -1) return;
  const found = ids.length === sample.length ? `id ${sample[row]} in row ${row + 1}` : `${sample.length} rows`;
  throw new UserError(
    `${sampleSubmission} in ${displayPath(dataDirectory(competition, dataDir))}: expected the ids of the ` +
      `${ids.length} test images, ${ids[0]} … ${ids[ids.length - 1]} in order, got ${found}. ` +
      'Put the files of one competition there.',
  );
}
