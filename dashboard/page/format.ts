/** Numbers, times and names as a person reads them. */
import type { ParameterValue } from '../../search/index.ts';
import type { Score } from '../../pipeline/index.ts';

/** Where there is nothing to show. */
export const NOTHING = '–';

/** Values of all sizes: 0.9801, 1.5e-7 */
export const number = (value: number | null, digits = 5): string =>
  value === null ? NOTHING : String(Number(value.toPrecision(digits)));

export const whole = (value: number): string => value.toLocaleString('en-US');

/** A share in percent with two decimals, without the sign. */
export const percent = (share: number): string => (100 * share).toFixed(2);

/** 98.00 ± 0.07 */
export const score = ({ accuracy, standardError }: Score): string => `${percent(accuracy)} ± ${percent(standardError)}`;

/** A parameter's value: 0.1169, "max", true. */
export const parameter = (value: ParameterValue | undefined): string =>
  value === undefined ? '' : typeof value === 'number' ? number(value, 4) : String(value);

/** 4.2 s, 3 min 5 s, 2 h 10 min */
export function duration(seconds: number | null): string {
  // If the clock was set back, the time is unknown.
  if (seconds === null || !(seconds >= 0)) return NOTHING;
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : seconds.toFixed(0)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The local time, to the minute; of other days with the date. */
export function time(iso: string | null): string {
  if (iso === null) return NOTHING;
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return NOTHING;
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** 1 trial, 2 trials */
export const counted = (count: number, noun: string): string => `${whole(count)} ${noun}${count === 1 ? '' : 's'}`;
