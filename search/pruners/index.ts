/** Every pruner by its name. A new one is a file and a line. */
import type { Pruner } from './pruner.ts';

/** How the steps of a cross-validation belong to its folds: after epoch e of fold f it reports step f · stepsPerFold + e. */
export interface FoldLayout {
  readonly folds: number;
  readonly stepsPerFold: number;
}

export const pruners = {
  none: () => () => false,
} satisfies Record<string, (layout?: FoldLayout) => Pruner>;

export type PrunerName = keyof typeof pruners;

/** @throws RangeError that lists the known names */
export function prunerByName(name: string, layout?: FoldLayout): Pruner {
  const make = Object.entries<(layout?: FoldLayout) => Pruner>(pruners).find(([known]) => known === name)?.[1];
  if (make === undefined) {
    throw new RangeError(`Unknown pruner ${JSON.stringify(name)}. Known: ${Object.keys(pruners).join(', ')}.`);
  }
  return make(layout);
}
