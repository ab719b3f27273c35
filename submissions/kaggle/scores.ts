/** Takes scores that Kaggle lists into entries of the ledger. */
import { basename } from 'node:path';
import { HIGHEST_SCORE, type LedgerEntry, LOWEST_SCORE } from '../../records/index.ts';
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
  const refs = new Map<LedgerEntry, number>();
  for (const entry of entries) if (typeof entry.sent?.ref === 'number') refs.set(entry, entry.sent.ref);
  const known = new Set(refs.values());
  const candidates = entries.flatMap((entry) =>
    submissions.map((submission) => ({ entry, ref: submission.ref, distance: distanceOf(entry, submission) })),
  );
  // The nearest in time first: two files may have the same name and message.
  for (const { entry, ref, distance } of candidates.toSorted((a, b) => a.distance - b.distance)) {
    if (distance > NEAR_MS || refs.has(entry) || known.has(ref)) continue;
    refs.set(entry, ref);
    known.add(ref);
  }
  return entries.flatMap((entry) => {
    const { sent, publicScore } = entry;
    const found = submissions.find(({ ref }) => ref === refs.get(entry));
    if (sent === null || found === undefined) return [];
    const score = Number(found.publicScore ?? NaN);
    const isScore = score >= LOWEST_SCORE && score <= HIGHEST_SCORE;
    if (sent.ref !== null && (!isScore || score === publicScore)) return [];
    const { answer: _, ...about } = sent;
    return [{ ...entry, sent: { ...about, ref: found.ref }, publicScore: isScore ? score : publicScore }];
  });
}

/** Milliseconds between them; infinite if they are not of the same file name and message. */
function distanceOf({ file, sent }: LedgerEntry, { date, fileName, description }: KaggleSubmission): number {
  if (sent === null || date === null || fileName !== basename(file) || description !== sent.message) return Infinity;
  return Math.abs(Date.parse(date) - Date.parse(sent.at));
}
