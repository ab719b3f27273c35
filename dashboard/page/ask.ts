/** Questions to the server. */
import { percent } from '../../base/format.ts';
import type { DeletedAnswer, DeleteOrder, Note, Progress, ProgressAnswer, Refusal, RenameOrder } from '../api.ts';

/** A refusal of the server. */
export class RefusedError extends Error {}

/** @throws RefusedError with the server's sentence; AbortError if the signal came first */
export async function ask<Answer>(
  path: string,
  query: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<Answer> {
  const words = new URLSearchParams(query).toString();
  return answerOf(await fetch(words === '' ? path : `${path}?${words}`, { signal }));
}

/** Pause between two questions for the progress. */
const LOOK_MS = 400;

/**
 * Like `ask`, for answers that take seconds.
 * @param tell called repeatedly with the progress
 */
export async function askLong<Answer>(
  path: string,
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
  tell: (progress: Progress) => void,
): Promise<Answer> {
  const of = `${path}?${new URLSearchParams(query).toString()}`;
  let isDone = false;
  const look = async (): Promise<void> => {
    const { progress } = await ask<ProgressAnswer>('/api/progress', { of }, signal);
    if (isDone) return;
    if (progress !== null) tell(progress);
    timer = setTimeout(() => void look().catch(() => {}), LOOK_MS);
  };
  let timer = setTimeout(() => void look().catch(() => {}), LOOK_MS);
  try {
    return await ask<Answer>(path, query, signal);
  } finally {
    isDone = true;
    clearTimeout(timer);
  }
}

export const progressWords = ({ step, done, total, share }: Progress): string =>
  `${step} … (${done + 1} of ${total}${share === undefined ? '' : `, ${percent(share, 0)}`})`;

/** Asks the server to change something. @throws RefusedError */
async function order<Answer>(method: 'PUT' | 'PATCH' | 'DELETE', path: string, body: unknown): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json' };
  return answerOf(await fetch(path, { method, headers, body: JSON.stringify(body) }));
}

/** Replaces a note. @throws RefusedError */
export const keepNote = (note: Note): Promise<Note> => order('PUT', '/api/notes', note);

/** @throws RefusedError */
export const renameRun = (wanted: RenameOrder): Promise<RenameOrder> => order('PATCH', '/api/run', wanted);

/** @throws RefusedError */
export const deleteRuns = (wanted: DeleteOrder): Promise<DeletedAnswer> => order('DELETE', '/api/runs', wanted);

async function answerOf<Answer>(response: Response): Promise<Answer> {
  const answer: Answer | Refusal = await response.json();
  if (!response.ok) throw new RefusedError((answer as Refusal).error);
  return answer as Answer;
}

/** The message to show for an error. */
export const sentenceOf = (error: unknown): string =>
  error instanceof RefusedError ? error.message : 'The dashboard does not answer. Is it still running?';
