/** Looks at a submission before it costs one of the few that a competition takes in a day. */
import { integer, localTime, percent, points } from '../base/format.ts';
import { isUtf8 } from 'node:buffer';
import { displayPath } from '../base/paths.ts';
import { type Competition, loadTest, loadTrain, loadSampleSubmission } from '../data/index.ts';
import { UserError } from '../base/user-error.ts';
import { printable, quoted } from '../base/printable.ts';
import { countCorrect } from '../pipeline/index.ts';
import { csvCell } from './csv-cell.ts';
import { inOrderOf } from './agreement.ts';
import { readRecords } from './leaderboard.ts';
import { findEntry, LARGEST_SUBMISSION_BYTES, readLedger, sentCopy } from '../records/index.ts';
import { expectFittingName, type Packing, readSubmissionBytes, type SubmissionBytes } from './submission-bytes.ts';
import { parseSubmission, readSubmission, type Submission, submissionCsv, submissionDigest } from './submission.ts';
import { commandLine } from '../base/command-line.ts';

export interface Preflight {
  readonly file: string;
  /** Size of the file as it is stored. */
  readonly bytes: number;
  readonly packing: Packing;
  /** SHA-256 of the bytes of the file. */
  readonly sha256: string;
  readonly rows: number;
  readonly holds: 'labels' | 'probabilities';
  /** Whether its lines are those that this program writes, in any order. */
  readonly isUsual: boolean;
  readonly classes: readonly ClassShare[];
  /** Agreement with the last readable submission of this competition; null if there is none. */
  readonly agreement: Agreement | null;
  /** What a person should look at before it is sent. */
  readonly warnings: readonly string[];
  /** Records of ours that could not be read. They keep nothing from being sent. */
  readonly notes: readonly string[];
}

export interface Agreement {
  readonly file: string;
  readonly equal: number;
  readonly share: number;
}

export interface ClassShare {
  readonly name: string;
  /** Images that the submission gives this class. */
  readonly count: number;
  readonly share: number;
  readonly trainShare: number;
}

/** Shares of a class that differ by less are what a usable classifier may do: it prefers some classes to others. */
const SHARE_DIFFERENCE = 0.02;
/** In small files chance makes larger differences. Beyond four standard errors in 1 of 16,000 cases. */
const STANDARD_ERRORS = 4;
const LINE_FEED = 0x0a;
/** Two classifiers that are each right on 90 % agree on at least this share; rows in another order do on far fewer. */
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
    ...(await sentBefore(sha256, runsDir)),
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

/** @throws UserError naming the line at which the CSV is not UTF-8 */
function utf8Of({ name, csv }: SubmissionBytes): string {
  const lineOf = (offset: number): number => csv.subarray(0, offset).filter((byte) => byte === LINE_FEED).length + 1;
  const zero = csv.indexOf(0);
  const isUtf16 = csv.length >= 2 && ['fffe', 'feff'].includes(csv.toString('hex', 0, 2));
  if (isUtf16 || zero >= 0) {
    const found = isUtf16 ? 'UTF-16, as PowerShell writes it' : `a zero byte in line ${lineOf(zero)}`;
    throw new UserError(`${name}: expected a CSV in UTF-8, got ${found}. Save it as UTF-8.`);
  }
  for (let start = 0; start < csv.length;) {
    const end = csv.indexOf(LINE_FEED, start) + 1 || csv.length;
    if (!isUtf8(csv.subarray(start, end))) {
      throw new UserError(`${name}:${lineOf(start)}: expected a CSV in UTF-8, got other bytes. Save it as UTF-8.`);
    }
    start = end;
  }
  return csv.toString();
}

/**
 * What one program reads as the same table, another may not: quotes, `07` for 7, a byte-order mark, blank lines. Ends of
 * lines may be those of Windows, and the last one may have none.
 */
function formWarningOf(text: string, usual: string): string | null {
  const lines = text.replaceAll('\r\n', '\n').replace(/\n$/, '').split('\n');
  const written = new Set(usual.split('\n'));
  const line = lines.findIndex((one) => one === '' || !written.has(one));
  if (line === -1) return null;
  return unusualLine(line, lines[line]);
}

/** @throws UserError for labels where probabilities are wanted, and the other way round */
function expectWantedForm(
  { submission: { probabilities: form }, id }: Competition,
  name: string,
  found: Submission,
): void {
  if ((form !== undefined) === (found.probabilities !== undefined)) return;
  const [wanted, got] = form === undefined ? ['labels', 'probabilities'] : ['probabilities', 'labels'];
  throw new UserError(
    `${name}: expected ${wanted}, as ${id} wants them, got ${got}. Name a submission to this competition.`,
  );
}

/** As `formWarningOf`, for lines of numbers, which may be written in several ways. */
function numbersWarningOf(text: string, ids: readonly string[]): string | null {
  const lines = text.replaceAll('\r\n', '\n').replace(/\n$/, '').split('\n').slice(1);
  const line = lines.findIndex((one, row) => {
    const beginning = `${csvCell(ids[row] ?? '')},`;
    return !one.startsWith(beginning) || !/^[\d.e+,-]+$/i.test(one.slice(beginning.length));
  });
  return line === -1 ? null : unusualLine(line + 1, lines[line]);
}

const unusualLine = (line: number, content: string): string =>
  `Line ${line + 1} is ${quoted(content, 60)}: Kaggle may read it otherwise than header, ids and values without ` +
  'quotes, leading zeros, blank lines and byte-order marks.';

/** Sums of probabilities are rounded by whoever writes few digits. */
const SUM_TOLERANCE = 1e-3;

/** What a person should know of the numbers; nothing is clipped or divided on the way. */
function probabilityWarnings(
  { metric, classes, submission }: Competition,
  { ids, probabilities }: Submission,
): string[] {
  if (!probabilities) return [];
  const size = classes.length;
  const [apart, zero]: [string[], string[]] = [[], []];
  for (const [row, id] of ids.entries()) {
    const values = Array.from(probabilities.subarray(row * size, (row + 1) * size));
    if (Math.abs(values.reduce((sum, value) => sum + value, 0) - 1) > SUM_TOLERANCE) apart.push(id);
    if (values.includes(0)) zero.push(id);
  }
  const rows = ({ length }: readonly string[]): string => `${integer(length)} of ${integer(ids.length)} rows`;
  const hasSums = submission.probabilities !== undefined && 'columns' in submission.probabilities;
  return [
    ...(hasSums && apart.length > 0
      ? [`The probabilities of ${rows(apart)} do not sum to 1, for example those of ${printable(apart[0])}.`]
      : []),
    ...(metric === 'log-loss' && zero.length > 0
      ? [`A class has probability 0 in ${rows(zero)}, which log loss punishes most if it is the right one.`]
      : []),
  ];
}

/** In any order: Kaggle goes by the ids. */
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
 * Names the class whose share is farthest beyond its bound. The bound is the larger of the two, with the
 * standard error of a difference of shares, √(p (1 − p) (1/n + 1/N)).
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

interface Last extends Agreement {
  readonly title: string;
}

/**
 * The one that was sent last, else the newest that a run has made and that is still there; never the same bytes. One that
 * cannot be read is passed over.
 */
async function lastSubmission(
  competition: Competition,
  submission: Submission,
  sha256: string,
  runsDir: string,
): Promise<{ last: Last | null; notes: string[] }> {
  const { entries, unreadable } = await readLedger(runsDir);
  const candidates = entries
    .flatMap(({ competition: id, sha256: digest, file, sent }) =>
      sent === null || id !== competition.id || digest === sha256 ? [] : [{ digest, file, at: sent.at }],
    )
    .toSorted((a, b) => (a.at < b.at ? 1 : -1))
    .map(({ digest, file, at }) => ({
      file: sentCopy(runsDir, digest),
      title: `${displayPath(file)} as sent at ${localTime(at)}`,
      digest,
    }));
  const { records, unreadable: unreadableRuns } = await readRecords(runsDir);
  for (const { configuration, submission: made } of records.toReversed()) {
    if (configuration.competition !== competition.id || made.sha256 === sha256) continue;
    const digest = await readSubmissionBytes(made.file, LARGEST_SUBMISSION_BYTES).then(
      ({ bytes }) => submissionDigest(bytes),
      () => null,
    );
    if (digest !== made.sha256) continue;
    candidates.push({ file: made.file, title: displayPath(made.file), digest });
    break;
  }
  const notes = [...summary(unreadable), ...summary(unreadableRuns)];
  const failures: string[] = [];
  for (const { file, title } of candidates) {
    try {
      const other = inOrderOf(submission, await readSubmission(file, competition), ['this submission', title]);
      const equal = countCorrect(submission.labels, other.labels);
      return {
        last: { file, title, equal, share: equal / submission.ids.length },
        notes: [...notes, ...summary(failures)],
      };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      failures.push(`${title} cannot be compared with: ${error.message}`);
    }
  }
  return { last: null, notes: [...notes, ...summary(failures)] };
}

/** The first of them, and how many more there are. */
const summary = ([first, ...others]: readonly string[]): string[] =>
  first === undefined ? [] : [others.length === 0 ? first : `${first} The same is true of ${others.length} more.`];

async function sentBefore(sha256: string, runsDir: string): Promise<string[]> {
  let sent;
  try {
    sent = (await findEntry(runsDir, sha256))?.sent;
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
