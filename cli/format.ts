/** How lines look on the screen. */
import { styleText } from 'node:util';
import { counted } from '../base/format.ts';
import { printable, printableLines } from '../base/printable.ts';

/** Pads names that stand under each other to the width of the longest. */
export function padNames(names: readonly string[]): (name: string) => string {
  const width = Math.max(...names.map(({ length }) => length));
  return (name) => name.padEnd(width);
}

const ESCAPE = '\u001B';
/** What `styleText` writes for the styles in use here: bold and cyan, on and off. */
const styles = new RegExp(`(${ESCAPE}\\[(?:1|22|36|39)m)`);

/**
 * Text as it may go to a terminal: of what a terminal acts on, only our styles and ends of lines stay. Foreign text in
 * a line must be made `printable` first; this is a second guard.
 * @param longest of each line. Default: all of it
 */
export const onScreen = (text: string, longest?: number): string =>
  text
    .split(styles)
    .map((part, i) => (i % 2 === 1 ? part : printableLines(part, longest)))
    .join('');

/** Breaks lines that are longer than `width` between two words, where they have any. */
export function wrapWords(text: string, width: number): string {
  const tooLong = new RegExp(`(?!.{1,${width}}$)(.{1,${width}}) `, 'gm');
  return Number.isFinite(width) ? text.replaceAll(tooLong, '$1\n') : text;
}

export const heading = (text: string): string => styleText('bold', printable(text), { stream: process.stdout });

/** A sentence about records that cannot be read; undefined if there are none. */
export const leftOut = (unreadable: readonly string[]): string | undefined =>
  unreadable.length === 0
    ? undefined
    : `${counted(unreadable.length, 'record')} left out. ${unreadable[0]} (--json lists all)`;
