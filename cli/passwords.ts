/** Passwords in the addresses of databases on the command line, which nobody else shall see. */
import { shownLocation, withoutPasswords } from '../search/index.ts';

/** A word of the command line: only addresses have passwords. */
export function wordWithoutPassword(word: string): string {
  const [, option = '', location] = /^(--[\w-]+=)?(.*)$/s.exec(word)!;
  const colon = location.indexOf(':');
  const isAddress = colon >= 0 && (location.lastIndexOf('@') > colon || /password=/i.test(location));
  return isAddress ? option + shownLocation(location) : word;
}

export const hasPassword = (word: string): boolean => wordWithoutPassword(word) !== word;

/** A message, whatever it quotes. @param words of the command line */
export function hidePasswords(message: string, words: readonly string[]): string {
  let shown = message;
  for (const word of words.filter(hasPassword)) shown = shown.replaceAll(word, wordWithoutPassword(word));
  return withoutPasswords(shown);
}
