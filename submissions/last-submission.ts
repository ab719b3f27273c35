/** Compares a submission with the last one of its competition. */
import { localTime } from '../base/format.ts';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import type { Competition } from '../data/index.ts';
import { countCorrect } from '../pipeline/index.ts';
import { LARGEST_SUBMISSION_BYTES, readLedger, sentCopy } from '../records/index.ts';
import { inOrderOf } from './agreement.ts';
import { readRecords } from './leaderboard.ts';
import { readSubmissionBytes } from './submission-bytes.ts';
import { readSubmission, type Submission, submissionDigest } from './submission.ts';

export interface LastSubmission {
  readonly file: string;
  readonly title: string;
  /** Images with the same label in both. */
  readonly equal: number;
  /** The same as a share of all images. */
  readonly share: number;
}

/**
 * Compares with the submission of this competition that was sent last, else with the newest one of a run whose file still
 * exists. Submissions with the same bytes are skipped, and so are unreadable ones.
 * @returns `last` is null if there is none; `notes` say what could not be read
 */
export async function lastSubmission(
  competition: Competition,
  submission: Submission,
  sha256: string,
  runsDir: string,
): Promise<{ last: LastSubmission | null; notes: string[] }> {
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

/** The first sentence, and how many more there are. */
const summary = ([first, ...others]: readonly string[]): string[] =>
  first === undefined ? [] : [others.length === 0 ? first : `${first} The same is true of ${others.length} more.`];
