/** Looks at a submission before it costs one of the few that a competition takes in a day. */
import { readFile } from 'node:fs/promises';
import { displayPath } from '../base/paths.ts';
import type { Competition } from '../data/competition.ts';
import { loadTest, loadTrain } from '../data/load.ts';
import { loadSampleSubmission } from '../data/solution.ts';
import { UserError } from '../base/user-error.ts';
import { compareSubmissions } from './agreement.ts';
import { percent, whole } from './compare.ts';
import { readRecords } from './leaderboard.ts';
import { findEntry, readLedger, sentCopy } from './ledger.ts';
import { readSubmission, submissionDigest } from './submission.ts';

export interface Preflight {
  readonly file: string;
  readonly bytes: number;
  /** Of the file's bytes. */
  readonly sha256: string;
  readonly rows: number;
  readonly classes: readonly ClassShare[];
  /** With the last submission of this competition; null if there is none. */
  readonly agreement: { readonly file: string; readonly equal: number; readonly share: number } | null;
  /** What a person should look at before it is sent. */
  readonly warnings: readonly string[];
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
/** Two classifiers that are each right on 90 % agree on at least this share; rows in another order do on far fewer. */
const LEAST_AGREEMENT = 0.8;

/**
 * Checks header, rows, ids and labels, and compares with the training labels and the last submission.
 * @param runsDir where runs are recorded, and what was sent
 * @throws UserError for what Kaggle would refuse: another header, ids other than those of the sample submission (or,
 *   without one, of the test file), missing or double ones, labels that are no class
 */
export async function checkSubmission(
  competition: Competition,
  file: string,
  { dataDir, runsDir }: { dataDir?: string; runsDir: string },
): Promise<Preflight> {
  const { ids, labels } = await readSubmission(file, competition);
  await checkIds(competition, file, ids, dataDir);
  const content = await readFile(file).catch((cause: unknown) => {
    throw new UserError(`${displayPath(file)}: expected the CSV itself, found it packed. Unpack it.`, { cause });
  });
  const sha256 = submissionDigest(content);
  const train = await loadTrain(competition, { dataDir });
  const classes = classShares(competition, labels, train.labels);
  const last = await lastSubmission(competition, sha256, runsDir);
  const compared = last && (await compareSubmissions(competition, [file, last.file]));
  const warnings = [
    ...shareWarnings(classes, labels.length, train.count),
    ...(compared && compared.share < LEAST_AGREEMENT
      ? [
          `Only ${percent(compared.share)} % of the labels are those of ${last.title}, below ${percent(LEAST_AGREEMENT)} %.`,
        ]
      : []),
    ...(await sentBefore(sha256, runsDir)),
  ];
  const agreement = compared && { file: last.file, equal: compared.equal, share: compared.share };
  return { file, bytes: content.length, sha256, rows: ids.length, classes, agreement, warnings };
}

/** In any order: Kaggle goes by the ids. */
async function checkIds(
  competition: Competition,
  file: string,
  ids: Uint32Array,
  dataDir: string | undefined,
): Promise<void> {
  const sample = await loadSampleSubmission(competition, { dataDir });
  const expected = sample ?? (await loadTest(competition, { dataDir })).ids;
  const given = new Set(ids);
  const missing = expected.find((id) => !given.has(id));
  if (missing === undefined && given.size === expected.length) return;
  const wanted = sample ? competition.files.sampleSubmission : 'the test images';
  const found =
    missing !== undefined && given.size === expected.length ? `none for id ${missing}` : `${whole(ids.length)} rows`;
  throw new UserError(
    `${displayPath(file)}: expected the ${whole(expected.length)} ids of ${wanted}, got ${found}. ` +
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
 * Of classes whose share is beyond its bound that which is farthest. The bound is the larger of the two, with the
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
    `Class ${name} has ${percent(share)} % of the labels, but ${percent(trainShare)} % of the training images: ` +
      `more than ${percent(bound)} points apart.${more}`,
  ];
}

/** The one that was sent last, else the newest that a run has made and that is still there; never the same bytes. */
async function lastSubmission(
  { id }: Competition,
  sha256: string,
  runsDir: string,
): Promise<{ file: string; title: string } | null> {
  const others = (await readLedger(runsDir)).filter((entry) => entry.competition === id && entry.sha256 !== sha256);
  const sent = others.filter((entry) => entry.sent !== null).toSorted((a, b) => (a.sent!.at < b.sent!.at ? 1 : -1));
  if (sent.length > 0) {
    const [{ file, sha256: digest, sent: sending }] = sent;
    return { file: sentCopy(runsDir, digest), title: `${displayPath(file)} as sent at ${sending!.at}` };
  }
  const { records } = await readRecords(runsDir);
  for (const { configuration, submission } of records.toReversed()) {
    if (configuration.competition !== id || submission.sha256 === sha256) continue;
    const digest = await readFile(submission.file).then(submissionDigest, () => null);
    if (digest === submission.sha256) return { file: submission.file, title: displayPath(submission.file) };
  }
  return null;
}

async function sentBefore(sha256: string, runsDir: string): Promise<string[]> {
  const entry = await findEntry(runsDir, sha256);
  return entry?.sent ? [`The very same labels were sent at ${entry.sent.at} already.`] : [];
}
