/** How numbers and names look on the screen. */
import { ownValue } from '../base/own-value.ts';
import { printableLines } from '../base/printable.ts';

/** 10,000 */
export const integer = (value: number): string => value.toLocaleString('en-US');

/** 98.71 % */
export const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** 0.0341: what a person can compare; the exact value is in the JSON. */
export const rounded = (value: number): string => String(Number(value.toPrecision(3)));

/** 4.2 s, 3 min 20 s, 2 h 5 min */
export function duration(seconds: number): string {
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds) % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** 1 fold, 5 folds */
export const counted = (count: number, noun: string): string => `${integer(count)} ${noun}${count === 1 ? '' : 's'}`;

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

const shortNames: Readonly<Record<string, string>> = { learningRate: 'rate', batchSize: 'batch' };

/** What a searched parameter is called on the screen. */
export const parameterName = (parameter: string): string => ownValue(shortNames, parameter) ?? parameter;

/** A value of a parameter: 0.0341, adamw, true. */
export const shownValue = (value: unknown): string => (typeof value === 'number' ? rounded(value) : String(value));

/** rate 0.0341, momentum 0.9, batch 128, patience 4 */
export const searchedParameters = (parameters: Readonly<Record<string, unknown>>): string =>
  Object.entries(parameters)
    .map(([parameter, value]) => `${parameterName(parameter)} ${shownValue(value)}`)
    .join(', ');
