/** Stratified folds: which rows train and which validate, with every class spread evenly. */

import { random } from '../numerics/random.ts';
import { UserError } from '../base/user-error.ts';

/**
 * The fold of every row, for cross-validation. The rows of each class are shuffled, the classes laid one after the
 * other, and the folds dealt out in turn; so over the folds neither the rows of a class nor all rows differ by more than 1.
 * @param labels class index of each row
 * @param folds number of folds, 2 … 256
 * @param seed names the shuffle (stream "split"): the same seed gives the same folds on every machine
 * @returns u8[rows], values 0 … folds − 1
 * @param options.classes that must occur: 0 … classes − 1. Default: whichever do
 * @param options.source where the rows are from, for the message
 * @throws RangeError if `folds` is not an integer in 2 … 256
 * @throws UserError if a class has fewer rows than there are folds
 */
export function stratifiedFolds(
  labels: ArrayLike<number>,
  folds: number,
  seed: number,
  { classes = 0, source = 'The training images' } = {},
): Uint8Array {
  if (!Number.isInteger(folds) || folds < 2 || folds > 256) {
    throw new RangeError(`Expected \`folds\` to be an integer in 2 … 256, got ${folds}.`);
  }
  const stream = random(seed, 'split');
  const foldOf = new Uint8Array(labels.length);
  let dealt = 0;
  for (const [label, rows] of rowsOfClasses(labels, classes)) {
    if (rows.length < folds) {
      throw new UserError(
        `${source}: expected at least ${folds} rows of class ${label} for ${folds} folds, got ${rows.length}. ` +
          'Take fewer folds, or add images of that class.',
      );
    }
    stream.shuffle(rows);
    for (const row of rows) foldOf[row] = dealt++ % folds;
  }
  return foldOf;
}

/**
 * The rows outside and inside one fold, both ascending.
 * @param foldOf fold of each row, from `stratifiedFolds`
 */
export function foldRows(foldOf: Uint8Array, fold: number): { train: Uint32Array; validation: Uint32Array } {
  const rows = [...foldOf.keys()];
  return {
    train: Uint32Array.from(rows.filter((row) => foldOf[row] !== fold)),
    validation: Uint32Array.from(rows.filter((row) => foldOf[row] === fold)),
  };
}

/** The rows of each class that occurs or must, classes and rows ascending. */
function rowsOfClasses(labels: ArrayLike<number>, classes: number): [label: number, rows: number[]][] {
  const rows: number[][] = Array.from({ length: classes }, () => []);
  for (let row = 0; row < labels.length; row++) (rows[labels[row]] ??= []).push(row);
  // `rows` has holes where a class need not occur, and flatMap skips them.
  return rows.flatMap((ofClass, label) => [[label, ofClass] satisfies [number, number[]]]);
}
