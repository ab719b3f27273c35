import test from 'ava';
import type { LedgerEntry } from '../../../records/index.ts';
import { withScores } from '../../../submissions/kaggle/scores.ts';
import type { KaggleSubmission } from '../../../submissions/kaggle/submissions.ts';

const entry = (ref: number | null, about: Partial<LedgerEntry> = {}): LedgerEntry => ({
  competition: 'a',
  file: 'submissions/a/x/plain.csv',
  sha256: '0'.repeat(64),
  sent: { at: '2026-12-01T10:00:00.000Z', message: 'm', ref, ...(ref === null && { answer: 'none' as const }) },
  publicScore: null,
  ...about,
});
const listed = (ref: number, about: Partial<KaggleSubmission> = {}): KaggleSubmission => ({
  ref,
  date: '2026-12-01T10:00:03Z',
  description: 'm',
  fileName: 'plain.csv',
  status: 'complete',
  errorDescription: null,
  publicScore: '0.75',
  privateScore: null,
  ...about,
});

test('an entry takes the score of its number, and is left alone without a new one', (t) => {
  t.deepEqual(withScores([entry(5)], [listed(4), listed(5, { publicScore: '0.5' })]), [
    { ...entry(5), publicScore: 0.5 },
  ]);
  for (const publicScore of [null, 'x', '1e400']) {
    t.deepEqual(withScores([entry(5)], [listed(5, { publicScore })]), []);
  }
  t.deepEqual(withScores([entry(5, { publicScore: 0.75 }), entry(null, { sent: null })], [listed(5)]), []);
});

test('an entry whose answer was lost is found by file name, message and time', (t) => {
  const found = (...submissions: KaggleSubmission[]) => withScores([entry(null), entry(9)], submissions)[0];
  const { sent, publicScore } = found(listed(7, { date: '2026-12-01T10:20:00Z' }), listed(8));
  t.deepEqual(sent, { at: '2026-12-01T10:00:00.000Z', message: 'm', ref: 8 });
  t.is(publicScore, 0.75);
  // Its score comes later.
  t.like(found(listed(8, { status: 'pending', publicScore: null })), { sent: { ref: 8 }, publicScore: null });
  // The other one, which was sent at another time, is left alone.
  const later = entry(null, { sha256: '1'.repeat(64), sent: { ...entry(null).sent!, at: '2026-12-01T10:30:00.000Z' } });
  const both = withScores([entry(null), later], [listed(8, { date: '2026-12-01T10:30:02Z' })]);
  t.like(both, [{ sha256: later.sha256, sent: { ref: 8 }, publicScore: 0.75 }]);
  t.is(both.length, 1);
  for (const other of [
    listed(9, { publicScore: null }),
    listed(8, { fileName: 'swa.csv' }),
    listed(8, { description: 'n' }),
    listed(8, { date: '2026-12-01T11:30:00Z' }),
    listed(8, { date: null }),
  ]) {
    t.deepEqual(withScores([entry(null), entry(9)], [other]), []);
  }
});
