/** Checks names that users give to submits, runs and studies. */
import { quoted } from './printable.ts';
import { UserError } from './user-error.ts';

const LONGEST_NAME = 60;
/** Names that Windows reserves for devices, also with an extension. */
const devices = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
/** Names of folders that the program itself makes beside those of submits. */
const taken = new Set(['latest', 'runs']);

/**
 * Checks a name of a submit, a run or a study. It must be valid as a part of paths on every system.
 * @returns the name in the composed form of Unicode (NFC)
 * @throws UserError for an invalid name
 */
export function checkedName(text: string, flag = 'the name'): string {
  const name = text.normalize('NFC');
  const isPlain = /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N}._+-]*[\p{L}\p{M}\p{N}_+-])?$/u.test(name);
  const isTaken = taken.has(name.toLowerCase()) || devices.test(name);
  if (isPlain && !isTaken && name.length <= LONGEST_NAME) return name;
  throw new UserError(
    `Expected ${flag} to be 1 to ${LONGEST_NAME} letters, digits and characters of "._+-", with a letter or a digit first` +
      `${isTaken ? ', and no word with a meaning of its own' : ''}, got ${quoted(text)}.`,
  );
}
