/** Reports as scores: a larger score is better in both directions of a study. */
import type { Direction } from '../direction.ts';
import { byValue, type FrozenTrial } from '../frozen-trial.ts';

/** −∞ for NaN; undefined where nothing was reported. */
export function scoreAt({ intermediateValues }: FrozenTrial, step: number, direction: Direction): number | undefined {
  const value: number | undefined = intermediateValues[step];
  if (value === undefined) return undefined;
  if (Number.isNaN(value)) return -Infinity;
  return direction === 'maximize' ? value : -value;
}

/** Best first. */
export function completeTrials(history: readonly FrozenTrial[], direction: Direction): FrozenTrial[] {
  return history.filter(({ state }) => state === 'COMPLETE').toSorted(byValue(direction));
}

/** @throws RangeError unless `value` is an integer from `least` */
export function requireInteger(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(`Expected \`${name}\` to be an integer from ${least}, got ${value}.`);
  }
}
