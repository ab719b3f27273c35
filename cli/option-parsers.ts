/** Parsers of option values: their errors say what was expected and what was given. */
import { existsSync, statSync } from 'node:fs';
import { quoted } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { noteSchema } from '../records/index.ts';
import { methodName, type MethodName } from '../pipeline/index.ts';
import { parseLocation } from '../search/index.ts';
import { unknownName } from '../base/own-value.ts';

/** Longer timers fire at once. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** The value of 0.5, .5 or 5e-1; NaN of any other text. */
const decimal = (text: string): number => (/^\d*\.?\d+(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN);

/** Parses a whole number from `low` to `high`. */
export function wholeNumber(low: number, high: number): (text: string, flag: string) => number {
  return (text, flag) => {
    const value = /^\d+$/.test(text) ? Number(text) : NaN;
    if (value >= low && value <= high) return value;
    throw new UserError(`Expected ${flag} to be a whole number from ${low} to ${high}, got ${quoted(text)}.`);
  };
}

export function positive(text: string, flag: string): number {
  const value = decimal(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new UserError(`Expected ${flag} to be a number above 0, got ${quoted(text)}.`);
}

/** Parses a score by some metric, such as 0.98742 or 1.31. */
export function publicScore(text: string, flag: string): number {
  const value = text.startsWith('-') ? -decimal(text.slice(1)) : decimal(text);
  if (Number.isFinite(value)) return value;
  throw new UserError(`Expected ${flag} to be a score, such as 0.98742, got ${quoted(text)}.`);
}

/** Parses a probability above 0. */
export function probability(text: string, flag: string): number {
  const value = decimal(text);
  if (value > 0 && value <= 1) return value;
  throw new UserError(`Expected ${flag} to be a probability above 0 and up to 1, such as 0.95, got ${quoted(text)}.`);
}

/** A share of the images that is one over a number of folds, within rounding: 0.33 is a third. */
export function holdoutShare(text: string, flag: string): number {
  const value = decimal(text);
  const folds = Math.round(1 / value);
  if (folds >= 2 && folds <= 256 && Math.abs(value * folds - 1) <= 0.02) return 1 / folds;
  const why = value === 0 ? ': a network that has seen all images has no honest score. Hold a small share out' : '';
  throw new UserError(
    `Expected ${flag} to be one over a whole number from 2 to 256, such as 0.5, 0.33, 0.2, 0.1 or 0.05, got ${quoted(text)}${why}.`,
  );
}

/** A text that is not empty. */
export function someText(text: string, flag: string): string {
  if (text !== '') return text;
  throw new UserError(`Expected a value after ${flag}, got nothing.`);
}

/** Where studies are kept. @throws StudyError for an address that no store has */
export function storagePlace(text: string, flag: string): string {
  parseLocation(someText(text, flag));
  return text;
}

/** A folder, which need not be there yet. */
export function noFile(text: string, flag: string): string {
  if (!existsSync(someText(text, flag)) || statSync(text).isDirectory()) return text;
  throw new UserError(
    `Expected ${flag} to be a folder, got ${quoted(text)}, which is a file. Name the folder that contains the files.`,
  );
}

/** Parses the address of a folder on the web. @returns the address, which ends with a slash */
export function webAddress(text: string, flag: string): string {
  const address = URL.parse(text);
  if (address && /^https?:$/.test(address.protocol)) return address.href.replace(/\/?$/, '/');
  throw new UserError(`Expected ${flag} to be an address such as https://example.org/mnist, got ${quoted(text)}.`);
}

export function nameList(text: string, flag: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new UserError(`Expected ${flag} to be names separated by commas, got ${quoted(text)}.`);
}

/** Numbers of at least 0, at least one of them above. */
export function weightList(text: string, flag: string): readonly number[] {
  const weights = text.split(',').map((word) => decimal(word.trim()));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum > 0 && Number.isFinite(sum)) return weights;
  throw new UserError(
    `Expected ${flag} to be numbers of at least 0 separated by commas, not all of them 0, got ${quoted(text)}.`,
  );
}

/** Tags, each once, that notes can keep. */
export function tagList(text: string, flag: string): readonly string[] {
  const tags = [...new Set(nameList(text, flag))];
  const { success } = noteSchema.shape.tags.safeParse(tags);
  const canBeSeen = tags.every((tag) => !/\p{C}/u.test(tag));
  if (success && canBeSeen) return tags;
  throw new UserError(
    `Expected ${flag} to be at most 20 words of at most 50 characters that can be seen, separated by commas, ` +
      `got ${quoted(text)}.`,
  );
}

/** Names of methods, each once. */
export const methodList = (text: string): readonly MethodName[] => [
  ...new Set(text.split(',').map((name) => methodName(name.trim()))),
];

/**
 * @param noun what the names stand for, for the message
 * @returns the parser, with the names that a shell can complete
 */
export function oneOf<Name extends string>(
  noun: string,
  names: readonly Name[],
): ((text: string) => Name) & { readonly names: readonly Name[] } {
  const parse = (text: string): Name => {
    const name = names.find((known) => known === text);
    if (name !== undefined) return name;
    throw new UserError(unknownName(noun, text, names));
  };
  return Object.assign(parse, { names });
}

/** @returns milliseconds */
export function age(text: string, flag: string): number {
  const [, number, unit] = /^(\d{1,5})([hdw])$/.exec(text) ?? [];
  const hours = { h: 1, d: 24, w: 7 * 24 }[unit];
  if (hours !== undefined) return Number(number) * hours * unitMs.h;
  throw new UserError(`Expected ${flag} to be an age such as 12h, 30d or 8w, got ${quoted(text)}.`);
}

/** @returns milliseconds */
export function duration(text: string, flag: string): number {
  const found = /^(?=\d)(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?$/.exec(text);
  const [hours = 0, minutes = 0, seconds = 0] = found?.slice(1).map((number) => Number(number ?? 0)) ?? [];
  const value = hours * unitMs.h + minutes * unitMs.m + seconds * unitMs.s;
  if (value >= 1 && value <= LONGEST_TIMEOUT_MS) return value;
  throw new UserError(`Expected ${flag} to be a time such as 90s, 30m or 1h30m (at most 596h), got ${quoted(text)}.`);
}
