/**
 * Formats numbers, times and values for readers: on the command line, in the dashboard, in charts and in reports.
 * Accuracies are in percent there. JSON and other files have shares, seconds and times in UTC.
 */
import { printable, shownJson } from './printable.ts';

/** In place of a missing value. */
export const NOTHING = '–';

const DIGITS = 4;

/** Displayed names of the states of a trial. */
export const stateNames = {
  COMPLETE: 'complete',
  PRUNED: 'pruned',
  FAIL: 'failed',
  RUNNING: 'running',
  WAITING: 'waiting',
} as const;

/** 10,000 */
export const integer = (value: number): string => value.toLocaleString('en-US');

/** The size of an image as programs for pictures tell it, width × height: 412 × 1520 */
export const pixelSize = ({ width, height }: { readonly width: number; readonly height: number }): string =>
  `${width} × ${height}`;

/** A number with few significant digits: 0.9801, 1.5e-7, 12,340. @param digits significant digits. Default: 4 */
export function shortNumber(value: number | null, digits = DIGITS): string {
  if (value === null) return NOTHING;
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  if (size >= 10_000 && size < 1e15) return rounded.toLocaleString('en-US');
  return size > 0 && size < 1e-3 ? rounded.toExponential() : String(rounded);
}

/** A share in percent, for a column or a sentence that names the unit: 98.71 */
export const points = (share: number, decimals = 2): string => (100 * share).toFixed(decimals);

/** 98.71 % */
export const percent = (share: number, decimals?: number): string => `${points(share, decimals)} %`;

/** What a value is: an accuracy, a score by another metric, or something that only the program knows that measures it. */
export type Measured = 'accuracy' | 'metric' | 'unknown';

/** A value as tables have it: an accuracy in percent, 98.71 %; a score by another metric, 0.0654; – for none. */
export function valueText(value: number | null, measured: Measured): string {
  if (value === null || measured === 'unknown') return shortNumber(value);
  return measured === 'accuracy' ? percent(value) : value.toFixed(4);
}

/** A difference between two such values: 0.35 points for accuracies; of others also a small one has its digits. */
export function differenceText(value: number, measured: Measured): string {
  if (measured !== 'accuracy') return shortNumber(value);
  const text = shortNumber(100 * value, 3);
  return `${text} point${Math.abs(Number(text)) === 1 ? '' : 's'}`;
}

/** A value and its standard error. */
interface Estimate {
  readonly value: number;
  readonly standardError: number;
}

interface Scored {
  readonly accuracy: number;
  readonly metric?: Pick<Estimate, 'value'>;
}

interface Estimated extends Scored {
  readonly standardError: number;
  readonly metric?: Estimate;
}

/** An accuracy in percent and its standard error, 98.00 ± 0.07, or the score by another metric: 0.0654 ± 0.0021 */
export const scoreText = ({ accuracy, standardError, metric }: Estimated): string =>
  metric === undefined
    ? `${points(accuracy)} ± ${points(standardError)}`
    : `${metric.value.toFixed(4)} ± ${metric.standardError.toFixed(4)}`;

/** The same with the number of images: 97.80 ± 0.15 (10,000) */
export const countedScore = (score: (Estimated & { readonly n: number }) | null | undefined): string =>
  score ? `${scoreText(score)} (${integer(score.n)})` : NOTHING;

/** A sentence or a title from words: "log loss" becomes "Log loss". */
export const capitalized = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** 1 fold, 5 folds */
export const counted = (count: number, noun: string): string => `${integer(count)} ${noun}${count === 1 ? '' : 's'}`;

/** 4.2 s, 42 s, 3 min 20 s, 2 h 5 min; – for an unknown duration. */
export function duration(seconds: number | null): string {
  // Durations are negative if the clock was set back.
  if (seconds === null || !(seconds >= 0)) return NOTHING;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Local time with its offset from UTC: 2026-01-31 13:05 +01:00; – for an unknown time. */
export function localTime(iso: string | null): string {
  const date = new Date(iso ?? NaN);
  if (Number.isNaN(date.getTime())) return NOTHING;
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())} ${offsetText(date)}`;
}

/** Offset of local time from UTC at a date: +01:00 */
export function offsetText(date: Date): string {
  const offset = -date.getTimezoneOffset();
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Longest text shown as the value of a parameter, in characters. */
const LONGEST_VALUE = 60;
/** Texts that are shown without quotation marks, since they look like no other value. */
const word = /^(?!(?:true|false|null|NaN|-?Infinity)$)\p{L}[\p{L}\p{N}_-]*$/u;

/** A value of a parameter: 0.0341, adamw, true; a text that is no word in quotation marks; empty for undefined. */
export function parameterValue(value: unknown): string {
  // Numbers have no thousands separators, since commas separate parameters.
  if (value === undefined) return '';
  if (typeof value === 'number') return shortNumber(value).replaceAll(',', '');
  return typeof value === 'string' && word.test(value) && value.length <= LONGEST_VALUE
    ? value
    : shownJson(value, LONGEST_VALUE);
}

/** learningRate 0.0341, pooling max */
export const parametersInWords = (parameters: Readonly<Record<string, unknown>>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${printable(name, LONGEST_VALUE)} ${parameterValue(value)}`)
    .join(', ');

/** A size in megabytes of 10⁶ bytes. */
export const inMegabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`;

interface TrainedFolds {
  readonly folds: number;
  readonly trainFolds?: number;
}

/** Number of trained folds: 5, or 1 of 10. */
export const foldsShort = ({ folds, trainFolds = folds }: TrainedFolds): string =>
  trainFolds === folds ? String(folds) : `${trainFolds} of ${folds}`;
