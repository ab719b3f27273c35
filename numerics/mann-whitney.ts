/** The Mann–Whitney U test. */
import { normalCdf } from './normal.ts';

export interface MannWhitney {
  /** How many of the pairs have the smaller value in the first sample; equal ones count a half. */
  readonly u: number;
  /**
   * The two-sided p-value, by the normal approximation with corrections for ties and for continuity; 1 if all values are
   * equal, NaN without values. For samples of about ten values or more.
   */
  readonly p: number;
}

/** Whether values of one sample tend to be smaller than those of the other. Source: Mann and Whitney 1947. */
export function mannWhitney(first: readonly number[], second: readonly number[]): MannWhitney {
  const pairs = first.length * second.length;
  let u = 0;
  for (const a of first) for (const b of second) u += a < b ? 1 : a === b ? 0.5 : 0;
  const counts = new Map<number, number>();
  for (const value of [...first, ...second]) counts.set(value, (counts.get(value) ?? 0) + 1);
  const n = first.length + second.length;
  // Σ (t³ − t) over the groups of t equal values.
  const ties = [...counts.values()].reduce((total, count) => total + (count ** 3 - count), 0);
  const deviation = Math.sqrt((pairs / 12) * (n + 1 - ties / (n * (n - 1))));
  const distance = Math.max(0, Math.abs(u - pairs / 2) - 0.5);
  return { u, p: distance === 0 && pairs > 0 ? 1 : 2 * normalCdf(-distance / deviation) };
}
