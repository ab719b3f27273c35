/** What lies in the place of a file where its download went wrong, whatever kind of file it should be. */

import { UserError } from '../base/user-error.ts';

interface WrongDownload {
  /** In words: `a web page`. */
  readonly what: string;
  readonly remedy: string;
}

const kinds: readonly (readonly [beginning: RegExp, found: WrongDownload])[] = [
  [
    /^(\xEF\xBB\xBF|\uFEFF)?\s*<(!doctype|html|head|body|\?xml)/i,
    { what: 'a web page', remedy: 'The address perhaps asks to log in: download the file itself.' },
  ],
  [/^version https:\/\/git-lfs/, { what: 'a pointer of Git LFS', remedy: 'Get the file itself with git lfs pull.' }],
];

/** @param beginning of the file @returns null if it may be what it should be */
export const wrongDownload = (beginning: string): WrongDownload | null =>
  kinds.find(([pattern]) => pattern.test(beginning))?.[1] ?? null;

/** The sentence for a user. @param name what messages call the file */
export function wrongFile(name: string, beginning: string): UserError | null {
  const found = wrongDownload(beginning);
  return found && new UserError(`${name}: expected the file itself, got ${found.what}. ${found.remedy}`);
}
