/** What a refusal of Kaggle means, and what to do about it. */
import { UserError } from '../../base/user-error.ts';
import type { Credentials } from './credentials.ts';

const MAXIMUM_CHARACTERS = 200;

/**
 * The sentence for a person.
 * @param response whose status says that the request was refused
 */
export async function refusal(response: Response, competition: string, credentials: Credentials): Promise<UserError> {
  const { status, headers } = response;
  const said = await messageOf(response, credentials);
  const reason = said === '' ? String(status) : `${status}: ${said}`;
  const page = `https://www.kaggle.com/competitions/${competition}`;
  switch (status) {
    case 401:
      return new UserError(
        `Kaggle refuses the credentials from ${credentials.source} (${reason}). ` +
          'Make new ones at https://www.kaggle.com/settings, and put them there.',
      );
    case 403:
      return new UserError(
        /\b(rules|participate)\b/.test(said)
          ? `Kaggle wants its rules accepted first (${reason}). Join at ${page}/rules, and start again.`
          : `Kaggle forbids it (${reason}). Accept the rules at ${page}/rules, and verify your telephone number there.`,
      );
    case 404:
      return new UserError(`Kaggle has no such thing in "${competition}" (${reason}). Look at ${page}.`);
    case 429:
      return new UserError(`Kaggle has had too many requests (${reason}). Start again ${whenAgain(headers)}.`);
    default:
      return new UserError(`Kaggle refuses (${reason}). ${status >= 500 ? 'Start again later.' : `Look at ${page}.`}`);
  }
}

/** Retry-After is a number of seconds or a date. Source: RFC 9110, section 10.2.3. */
function whenAgain(headers: Headers): string {
  const value = headers.get('retry-after') ?? '';
  if (/^\d{1,6}$/.test(value)) return `in ${value} s`;
  return /^[\w ,:]+$/.test(value) ? `after ${value}` : 'in a few minutes';
}

/** What the answer says of itself: short, in one line, and without characters that a terminal would act on. */
async function messageOf(response: Response, credentials: Credentials): Promise<string> {
  const json: unknown = await response.json().catch(() => null);
  const message = typeof json === 'object' && json !== null && 'message' in json ? json.message : null;
  if (typeof message !== 'string') return '';
  // Before it is cut: half a secret would not be found.
  return credentials
    .redact(message)
    .slice(0, MAXIMUM_CHARACTERS)
    .replaceAll(/[^\u0020-\u007E]+/g, ' ')
    .trim();
}
