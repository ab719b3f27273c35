/**
 * Every pruner by its name. A new one is a file and a line. `folds` is the default of a search. `median`, `halving` and
 * `hyperband` are those of Optuna, for comparison: `halving` and `hyperband` ended the best trial in 19 to 29 of 30
 * simulated studies (docs/design/decisions/0024-pruner-folds.md).
 */
import { unknownName } from '../../base/own-value.ts';
import { foldsPruner } from './folds.ts';
import { hyperbandPruner } from './hyperband.ts';
import { medianPruner } from './median.ts';
import { neverPrune } from './none.ts';
import type { Pruner, TrialShape } from './pruner.ts';
import { requireInteger } from './scores.ts';
import { successiveHalvingPruner } from './successive-halving.ts';
import { wilcoxonPruner } from './wilcoxon.ts';

export const pruners = {
  none: () => neverPrune(),
  median: () => medianPruner(),
  halving: () => successiveHalvingPruner(),
  hyperband: (shape: TrialShape) => hyperbandPruner(shape),
  wilcoxon: (shape: TrialShape) => wilcoxonPruner(shape),
  folds: (shape: TrialShape) => foldsPruner(shape),
} satisfies Record<string, (shape: TrialShape) => Pruner>;

export type PrunerName = keyof typeof pruners;

/** @throws RangeError that lists the known names, or for a shape that is not of integers from 1 */
export function prunerByName(name: string, shape: TrialShape = { folds: 1, stepsPerFold: 1 }): Pruner {
  const make = Object.entries(pruners).find(([known]) => known === name)?.[1];
  if (make === undefined) {
    throw new RangeError(unknownName('pruner', name, Object.keys(pruners)));
  }
  for (const [count, value] of Object.entries(shape)) requireInteger(count, value, 1);
  return make(shape);
}
