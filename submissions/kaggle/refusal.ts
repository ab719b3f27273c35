/** What a refusal of Kaggle means, and what to do about it. */
import { UserError } from '../../base/user-error.ts';
import type { Answer } from './answer.ts';

const MAXIMUM_CHARACTERS = 200;

/** Kaggle has answered, and has done nothing. */
export class RefusedError extends UserError {}

interface Circumstances {
  readonly competition: string;
  /** Where the credentials came from that were tried. */
  readonly sources: readonly string[];
  /** Takes the secrets out of a text. */
  readonly redact: (text: string) => string;
  /** What to do if the server failed. Default: to start again later */
  readonly remedy?: string | undefined;
}

/**
 * The sentence for a person. It is a `RefusedError`, unless the server failed: then it is unknown what the server has
 * done.
 * @param response whose status says that the request was refused
 */
export function refusal(
  { status, headers }: Response,
  answer: Answer,
  { competition, sources, redact, remedy = 'Start again later.' }: Circumstances,
): UserError {
  const said = messageOf(answer, redact);
  const reason = said === '' ? String(status) : `${status}: ${said}`;
  const page = `https://www.kaggle.com/competitions/${competition}`;
  switch (status) {
    case 401:
      return new RefusedError(
        `Kaggle refuses the credentials from ${sources.join(', and from ')} (${reason}). ` +
          'Make new ones at https://www.kaggle.com/settings, and put them there.',
      );
    case 403:
      return new RefusedError(
        /\b(rules|participate)\b/.test(said)
          ? `Kaggle wants its rules accepted first (${reason}). Join at ${page}/rules, and start again.`
          : `Kaggle forbids it (${reason}). Accept the rules at ${page}/rules, and verify your telephone number there.`,
      );
    case 404:
      return new RefusedError(`Kaggle has no such thing in "${competition}" (${reason}). Look at ${page}.`);
    case 429:
      return new RefusedError(`Kaggle has had too many requests (${reason}). Start again ${whenAgain(headers)}.`);
    default:
      return status >= 500
        ? new UserError(`Kaggle refuses (${reason}). ${remedy}`)
        : new RefusedError(`Kaggle refuses (${reason}). Look at ${page}.`);
  }
}

/** Retry-After is a number of seconds or a date. Source: RFC 9110, section 10.2.3. */
function whenAgain(headers: Headers): string {
  const value = headers.get('retry-after') ?? '';
  if (/^\d{1,6}$/.test(value)) return `in ${value} s`;
  return /^[\w ,:]+$/.test(value) ? `after ${value}` : 'in a few minutes';
}

/** What the answer says of itself: short, in one line, and without characters that a terminal would act on. */
function messageOf({ json }: Answer, redact: Circumstances['redact']): string {
  const message = typeof json === 'object' && json !== null && 'message' in json ? json.message : null;
  if (typeof message !== 'string') return '';
  // Before it is cut: half a secret would not be found.
  return redact(message)
    .slice(0, MAXIMUM_CHARACTERS)
    .replaceAll(/[^\u0020-\u007E]+/g, ' ')
    .trim();
}
