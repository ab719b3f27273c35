/** Folds of rows: stratified, or by group. */

import { random } from '../numerics/random.ts';

/** What decides the folds beside the number of them and the seed. Images without it have stratified folds. */
export interface FoldRule {
  /** Whether the folds keep the shares of the classes. Folds that are given keep what they have. */
  readonly isStratified: boolean;
  /** Images of a group are in one fold; or the fold of each image is given. */
  readonly part?: {
    readonly is: 'group' | 'fold';
    /** u32[images]: group or fold of each, 0 … count − 1. */
    readonly of: Uint32Array<SharedArrayBuffer>;
    readonly count: number;
    /** Where that is said, for messages. */
    readonly source: string;
  };
}

/** Most folds that a split can have. */
export const MOST_FOLDS = 256;

/**
 * The fold of every row, for cross-validation. The rows of each class are shuffled, the classes laid one after the
 * other, and the folds dealt out in turn; so over the folds neither the rows of a class nor all rows differ by more than 1.
 * @param labels class index of each row
 * @param folds number of folds, 2 … 256
 * @param seed names the shuffle (stream "split"): the same seed gives the same folds on every machine
 * @returns u8[rows], values 0 … folds − 1
 * @throws RangeError if `folds` is not an integer in 2 … 256
 */
export function stratifiedFolds(labels: ArrayLike<number>, folds: number, seed: number): Uint8Array {
  expectFolds(folds);
  const stream = random(seed, 'split');
  const foldOf = new Uint8Array(labels.length);
  let dealt = 0;
  for (const rows of rowsOf(labels)) {
    stream.shuffle(rows);
    for (const row of rows) foldOf[row] = dealt++ % folds;
  }
  return foldOf;
}

/**
 * The fold of every row, none of whose groups is in two folds. The groups with the most uneven classes come first, then
 * the larger ones, in a shuffled order where they are equal. Each goes to the fold after which the classes are spread
 * most evenly over the folds, of equals to that with the fewest rows. With one class it balances the sizes of the folds.
 * As StratifiedGroupKFold of scikit-learn.
 * @param labels class index of each row
 * @param groups group of each row
 * @param folds number of folds, 2 … 256
 * @param seed names the shuffle (stream "split")
 * @returns u8[rows]; every fold has a group where there are as many
 * @throws RangeError if `folds` is not an integer in 2 … 256
 */
export function groupedFolds(
  labels: ArrayLike<number>,
  groups: ArrayLike<number>,
  folds: number,
  seed: number,
): Uint8Array {
  expectFolds(folds);
  const totals: number[] = [];
  for (let row = 0; row < labels.length; row += 1) totals[labels[row]] = (totals[labels[row]] ?? 0) + 1;
  const classes = totals.length;
  const parts = rowsOf(groups).map((rows) => {
    const counts = new Map<number, number>();
    for (const row of rows) counts.set(labels[row], (counts.get(labels[row]) ?? 0) + 1);
    const squares = [...counts.values()].reduce((sum, count) => sum + count ** 2, 0);
    // Proportional to the variance of the counts over the classes, in whole numbers.
    return { rows, counts, spread: classes * squares - rows.length ** 2 };
  });
  const shuffled = Array.from(random(seed, 'split').permutation(parts.length), (i) => parts[i]);
  const foldOf = new Uint8Array(labels.length);
  const sizes = new Float64Array(folds);
  const placed = Array.from({ length: folds }, () => new Float64Array(classes));
  /** Σ over the classes of the group of the deviation that their shares have over the folds, with the group in `fold`. */
  const unevenness = (counts: ReadonlyMap<number, number>, fold: number): number => {
    let sum = 0;
    for (const [label, count] of counts) {
      let [total, squares] = [0, 0];
      for (let other = 0; other < folds; other += 1) {
        const here = placed[other][label] + (other === fold ? count : 0);
        total += here;
        squares += here ** 2;
      }
      sum += Math.sqrt(folds * squares - total ** 2) / totals[label];
    }
    return sum;
  };
  for (const { rows, counts } of shuffled.toSorted((a, b) => b.spread - a.spread || b.rows.length - a.rows.length)) {
    let best = 0;
    let least = Infinity;
    for (let fold = 0; fold < folds; fold += 1) {
      const found = unevenness(counts, fold);
      if (found < least || (found === least && sizes[fold] < sizes[best])) [best, least] = [fold, found];
    }
    for (const row of rows) foldOf[row] = best;
    sizes[best] += rows.length;
    for (const [label, count] of counts) placed[best][label] += count;
  }
  return foldOf;
}

/**
 * The rows outside and inside one fold, both ascending.
 * @param foldOf fold of each row
 */
export function foldRows(foldOf: Uint8Array, fold: number): { train: Uint32Array; validation: Uint32Array } {
  const rows = [...foldOf.keys()];
  return {
    train: Uint32Array.from(rows.filter((row) => foldOf[row] !== fold)),
    validation: Uint32Array.from(rows.filter((row) => foldOf[row] === fold)),
  };
}

function expectFolds(folds: number): void {
  if (Number.isInteger(folds) && folds >= 2 && folds <= MOST_FOLDS) return;
  throw new RangeError(`Expected \`folds\` to be an integer in 2 … ${MOST_FOLDS}, got ${folds}.`);
}

/** The rows of each value that occurs, values and rows ascending. */
function rowsOf(values: ArrayLike<number>): number[][] {
  const rows: number[][] = [];
  for (let row = 0; row < values.length; row += 1) (rows[values[row]] ??= []).push(row);
  // `rows` has holes where a value does not occur, and flatMap skips them.
  return rows.flatMap((ofValue) => [ofValue]);
}
