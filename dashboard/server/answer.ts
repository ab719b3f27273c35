/** Answer of a thread: JSON as bytes, which no other thread parses, or a refusal. */
import { TooLargeError, UserError } from '../../base/user-error.ts';
import { StudyError } from '../../search/index.ts';

export type Answer = { readonly bytes: Uint8Array<ArrayBuffer> } | { readonly refusal: Refused };

export interface Refused {
  /** HTTP status. 500 is an error of the server. */
  readonly status: 400 | 404 | 413 | 500;
  readonly message: string;
  /** Stack trace of an error of the server. */
  readonly stack?: string;
}

/** The requested thing does not exist. */
export class UnknownError extends UserError {}

/** A refusal, thrown on the side that asked. */
export class RefusedError extends Error {
  readonly refused: Refused;

  constructor(refused: Refused) {
    super(refused.message);
    this.refused = refused;
  }
}

export async function answerOf(work: () => unknown): Promise<Answer> {
  try {
    return { bytes: new TextEncoder().encode(JSON.stringify(await work())) };
  } catch (error) {
    return { refusal: refusedOf(error) };
  }
}

/** @throws RefusedError */
export function bytesOf(answer: Answer): Uint8Array<ArrayBuffer> {
  if ('bytes' in answer) return answer.bytes;
  throw new RefusedError(answer.refusal);
}

function refusedOf(error: unknown): Refused {
  if (error instanceof UnknownError) return { status: 404, message: error.message };
  if (error instanceof TooLargeError) return { status: 413, message: error.message };
  if (error instanceof UserError || error instanceof StudyError) return { status: 400, message: error.message };
  return { status: 500, message: String(error), stack: error instanceof Error ? error.stack : undefined };
}
