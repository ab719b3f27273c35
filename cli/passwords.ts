/** Hides passwords in addresses of databases on the command line. */
import { shownLocation, withoutPasswords } from '../search/index.ts';

/** A word of the command line: only addresses have passwords. */
export function wordWithoutPassword(word: string): string {
  const [, option = '', location] = /^(--[\w-]+=)?(.*)$/s.exec(word)!;
  const colon = location.indexOf(':');
  const isAddress = colon >= 0 && (location.lastIndexOf('@') > colon || /password=/i.test(location));
  return isAddress ? option + shownLocation(location) : word;
}

export const hasPassword = (word: string): boolean => wordWithoutPassword(word) !== word;

/** The message without passwords, even if it quotes one. @param words of the command line */
export function hidePasswords(message: string, words: readonly string[]): string {
  let shown = message;
  for (const word of words.filter(hasPassword)) shown = shown.replaceAll(word, wordWithoutPassword(word));
  return withoutPasswords(shown);
}
