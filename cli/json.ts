/** JSON that a person has written. */
import { UserError } from '../data/user-error.ts';

/**
 * @param name what the text is called in the message: a file or an option
 * @throws UserError naming the place at which it is no JSON
 */
export function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const what = String(cause).replaceAll(/\s+/g, ' ');
    throw new UserError(`${name}: expected JSON, got something else (${what}). Mend it.`, { cause });
  }
}
