/** Checks a submission before it is sent, since a competition takes only a few in a day. */
import { commandLine } from '../base/command-line.ts';
import { integer, localTime, percent, points } from '../base/format.ts';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import { type Competition, loadSampleSubmission, loadTest, loadTrain } from '../data/index.ts';
import { type EntryKey, findEntry, LARGEST_SUBMISSION_BYTES } from '../records/index.ts';
import { type LastSubmission, lastSubmission } from './last-submission.ts';
import { expectWantedForm, formWarningOf, numbersWarningOf, probabilityWarnings, utf8Of } from './submission-form.ts';
import { expectFittingName, type Packing, readSubmissionBytes } from './submission-bytes.ts';
import { parseSubmission, submissionCsv, submissionDigest } from './submission.ts';

export interface Preflight {
  readonly file: string;
  /** Size of the file as it is stored. */
  readonly bytes: number;
  readonly packing: Packing;
  /** SHA-256 of the bytes of the file. */
  readonly sha256: string;
  readonly rows: number;
  readonly holds: 'labels' | 'probabilities';
  /** Whether its lines, in any order, are those that this program would write. */
  readonly isUsual: boolean;
  readonly classes: readonly ClassShare[];
  /** Agreement with the last readable submission of this competition; null if there is none. */
  readonly agreement: Omit<LastSubmission, 'title'> | null;
  /** Sentences that the user should read before it is sent. */
  readonly warnings: readonly string[];
  /** Sentences about our records that could not be read. They do not prevent sending. */
  readonly notes: readonly string[];
}

export interface ClassShare {
  readonly name: string;
  /** Images that the submission gives this class. */
  readonly count: number;
  readonly share: number;
  readonly trainShare: number;
}

/** Smaller differences in the share of a class are usual, since classifiers prefer some classes. */
const SHARE_DIFFERENCE = 0.02;
/** Smaller differences, in standard errors, may be chance. Larger ones are so in 1 of 16,000 cases. */
const STANDARD_ERRORS = 4;
/** Two classifiers that are each right on 90 % agree on at least this share. Rows in a wrong order agree on far fewer. */
const LEAST_AGREEMENT = 0.8;

/**
 * Checks the file byte for byte, and compares with the training labels and the last submission.
 * @param runsDir where runs are recorded, and what was sent
 * @returns what was found, and the bytes that were checked, which are those to send
 * @throws UserError for what Kaggle would refuse: a name that does not fit, another encoding than UTF-8, another header,
 *   more columns, ids other than those of the sample submission (or, without one, of the test file), missing or double
 *   ones, labels that are no class
 */
export async function checkSubmission(
  competition: Competition,
  file: string,
  { dataDir, runsDir }: { dataDir?: string; runsDir: string },
): Promise<{ readonly preflight: Preflight; readonly content: Buffer }> {
  const most = competition.submission.probabilities && LARGEST_SUBMISSION_BYTES;
  const read = await readSubmissionBytes(file, most);
  const { bytes: content, packing } = read;
  expectFittingName(file, packing);
  const text = utf8Of(read);
  const submission = parseSubmission(read.name, text, competition);
  expectWantedForm(competition, read.name, submission);
  const { ids, labels } = submission;
  await checkIds(competition, file, ids, dataDir);
  const sha256 = submissionDigest(content);
  const train = await loadTrain(competition, { dataDir });
  const classes = classShares(competition, labels, train.labels);
  const { last, notes } = await lastSubmission(competition, submission, sha256, runsDir);
  const formWarning = submission.probabilities
    ? numbersWarningOf(text, submission.ids)
    : formWarningOf(text, submissionCsv(competition, submission));
  const warnings = [
    ...(formWarning === null ? [] : [formWarning]),
    ...probabilityWarnings(competition, submission),
    ...shareWarnings(classes, labels.length, train.count),
    ...(last && last.share < LEAST_AGREEMENT
      ? [`Only ${percent(last.share)} of the labels are those of ${last.title}, below ${percent(LEAST_AGREEMENT)}.`]
      : []),
    ...(await sentBefore({ competition: competition.id, sha256 }, runsDir)),
  ];
  const agreement = last && { file: last.file, equal: last.equal, share: last.share };
  const bytes = content.length;
  const isUsual = formWarning === null;
  const holds = submission.probabilities ? 'probabilities' : 'labels';
  return {
    preflight: { file, bytes, packing, sha256, rows: ids.length, holds, isUsual, classes, agreement, warnings, notes },
    content,
  };
}

/** Checks the ids, in any order. @throws UserError for missing or unknown ones */
async function checkIds(
  competition: Competition,
  file: string,
  ids: readonly string[],
  dataDir: string | undefined,
): Promise<void> {
  const sample = await loadSampleSubmission(competition, { dataDir });
  const expected = sample ?? (await loadTest(competition, { dataDir })).ids;
  const given = new Set(ids);
  const missing = expected.find((id) => !given.has(id));
  if (missing === undefined && given.size === expected.length) return;
  const wanted = sample ? competition.files.sampleSubmission : 'the test images';
  const found =
    missing !== undefined && given.size === expected.length ? `none for id ${missing}` : `${integer(ids.length)} rows`;
  throw new UserError(
    `${displayPath(file)}: expected the ${integer(expected.length)} ids of ${wanted}, got ${found}. ` +
      'Name a submission to this competition, or its data with --data-dir.',
  );
}

function classShares({ classes }: Competition, labels: Uint16Array, trainLabels: Uint16Array): ClassShare[] {
  const [counts, trainCounts] = [labels, trainLabels].map((list) => {
    const count = new Uint32Array(classes.length);
    for (const label of list) count[label] += 1;
    return count;
  });
  return classes.map((name, label) => ({
    name,
    count: counts[label],
    share: counts[label] / labels.length,
    trainShare: trainCounts[label] / trainLabels.length,
  }));
}

/**
 * Warns of the class whose share exceeds its bound most. The bound is the larger of `SHARE_DIFFERENCE` and
 * `STANDARD_ERRORS` times the standard error of a difference of shares, √(p (1 − p) (1/n + 1/N)).
 */
function shareWarnings(classes: readonly ClassShare[], n: number, trainCount: number): string[] {
  const beyond = classes
    .map(({ name, share, trainShare }) => {
      const standardError = Math.sqrt(trainShare * (1 - trainShare) * (1 / n + 1 / trainCount));
      const bound = Math.max(SHARE_DIFFERENCE, STANDARD_ERRORS * standardError);
      return { name, share, trainShare, bound, difference: Math.abs(share - trainShare) };
    })
    .filter(({ bound, difference }) => difference > bound)
    .toSorted((a, b) => b.difference - a.difference);
  if (beyond.length === 0) return [];
  const [{ name, share, trainShare, bound }, ...others] = beyond;
  const more =
    others.length === 0 ? '' : ` So it is with other classes: ${others.map((other) => other.name).join(', ')}.`;
  return [
    `Class ${name} has ${percent(share)} of the labels, but ${percent(trainShare)} of the training images: ` +
      `more than ${points(bound)} points apart.${more}`,
  ];
}

async function sentBefore(key: EntryKey, runsDir: string): Promise<string[]> {
  let sent;
  try {
    sent = (await findEntry(runsDir, key))?.sent;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return [`It is not known whether the same labels were sent before. ${error.message}`];
  }
  if (!sent) return [];
  return [
    sent.answer === 'none'
      ? `The same labels were sent at ${localTime(sent.at)}, and no answer came: check with "${commandLine('kaggle', 'submissions')}" ` +
        'whether they arrived.'
      : `The same labels were already sent at ${localTime(sent.at)}.`,
  ];
}
