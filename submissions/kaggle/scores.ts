/** Takes scores that Kaggle lists into entries of the ledger. */
import { basename } from 'node:path';
import type { LedgerEntry } from '../../records/index.ts';
import { HIGHEST_SCORE, LOWEST_SCORE } from '../../records/index.ts';
import type { KaggleSubmission } from './submissions.ts';

/** Clocks of Kaggle and of this machine may differ. */
const NEAR_MS = 3_600_000;

/**
 * The entries that change: those with a new score, and those whose answer was lost when they were sent. Such an entry has
 * no number of Kaggle's yet. It is the submission of the same file name and message that was made at about that time.
 * @param entries of one competition
 */
export function withScores(
  entries: readonly LedgerEntry[],
  submissions: readonly KaggleSubmission[],
): readonly LedgerEntry[] {
  const taken = new Set(entries.map(({ sent }) => sent?.ref));
  return entries.flatMap((entry) => {
    const { sent, file, publicScore } = entry;
    if (sent === null) return [];
    const distance = ({ date }: KaggleSubmission): number => Math.abs(Date.parse(date ?? '') - Date.parse(sent.at));
    const found =
      sent.ref === null
        ? submissions
            .filter(
              ({ ref, fileName, description }) =>
                !taken.has(ref) && fileName === basename(file) && description === sent.message,
            )
            .filter((one) => distance(one) <= NEAR_MS)
            .toSorted((a, b) => distance(a) - distance(b))[0]
        : submissions.find(({ ref }) => ref === sent.ref);
    if (found === undefined) return [];
    taken.add(found.ref);
    const score = Number(found.publicScore ?? NaN);
    const isScore = score >= LOWEST_SCORE && score <= HIGHEST_SCORE;
    if (sent.ref !== null && (!isScore || score === publicScore)) return [];
    const { answer: _, ...known } = sent;
    return [{ ...entry, sent: { ...known, ref: found.ref }, publicScore: isScore ? score : publicScore }];
  });
}
