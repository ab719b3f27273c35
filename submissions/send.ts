/** Sends a submission to Kaggle so that our records say at any time what may be there. */
import { stat } from 'node:fs/promises';
import { UserError } from '../base/user-error.ts';
import type { Competition } from '../data/index.ts';
import type { Client } from './kaggle/client.ts';
import { RefusedError } from './kaggle/refusal.ts';
import { sendSubmission, type Sent } from './kaggle/submissions.ts';
import { dropEntry, findEntry, keepEntry, prepareLedger } from '../records/index.ts';
import type { Preflight } from './preflight.ts';

export interface Sending {
  readonly competition: Competition;
  readonly file: string;
  readonly message: string;
  readonly preflight: Preflight;
  readonly content: Buffer;
}

/**
 * Sends what was checked, and records it. It is in the ledger before it is handed in, so that a lost answer, or a crash, hides nothing.
 * @param name of the competition at Kaggle
 * @returns what Kaggle said, and what kept that from being recorded, if anything did
 * @throws UserError as `sendSubmission`, and if the ledger cannot be written before anything is sent
 */
export async function sendRecorded(
  client: Client,
  name: string,
  { competition, file, message, preflight, content }: Sending,
  runsDir: string,
): Promise<{ sent: Sent; problem: string | null }> {
  const key = { competition: competition.id, sha256: preflight.sha256 };
  // A damaged entry is replaced by a whole one.
  const earlier = await findEntry(runsDir, key).catch(() => null);
  await prepareLedger(runsDir);
  const at = new Date();
  const { mtime } = await stat(file).catch(() => ({ mtime: at }));
  const keep = (about: Pick<Sent, 'ref'> & { answer?: 'unreadable' | 'none' }, bytes?: Buffer): Promise<void> =>
    keepEntry(
      runsDir,
      {
        ...key,
        file,
        sent: { at: at.toISOString(), message, ...about },
        publicScore: earlier?.publicScore ?? null,
      },
      bytes,
    );
  let isKept = false;
  const sent = await sendSubmission(client, name, { file, content, message, modifiedAt: mtime }, async () => {
    await keep({ ref: null, answer: 'none' }, content);
    isKept = true;
  }).catch(async (error: unknown) => {
    if (isKept && error instanceof RefusedError) {
      await (earlier ? keepEntry(runsDir, earlier) : dropEntry(runsDir, key));
    }
    throw error;
  });
  try {
    await keep({ ref: sent.ref, ...(!sent.isConfirmed && { answer: 'unreadable' }) });
    return { sent, problem: null };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { sent, problem: error.message };
  }
}
