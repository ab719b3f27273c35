/** Every pruner by its name. A new one is a file and a line. */
import { foldsPruner } from './folds.ts';
import type { Pruner, TrialShape } from './pruner.ts';

export const pruners = {
  none: () => () => false,
  folds: (shape: TrialShape) => foldsPruner(shape),
} satisfies Record<string, (shape: TrialShape) => Pruner>;

export type PrunerName = keyof typeof pruners;

/** @throws RangeError that lists the known names */
export function prunerByName(name: string, shape: TrialShape): Pruner {
  const make = Object.entries<(shape: TrialShape) => Pruner>(pruners).find(([known]) => known === name)?.[1];
  if (make === undefined) {
    throw new RangeError(`Unknown pruner ${JSON.stringify(name)}. Known: ${Object.keys(pruners).join(', ')}.`);
  }
  return make(shape);
}
