/** Probabilities as numbers of a CSV: a column for each class. */
import { csvCell } from './csv-cell.ts';

/**
 * Divides the probabilities of each image by their sum, which is 1 but for rounding to float32. The quotients are summed
 * in float64 to 1 within 2⁻⁵² for each class, keep their order, and stay the same when they are divided again.
 * @param probabilities f32 or f64[images × classes], sums above 0
 * @returns f64[images × classes]
 */
export function summingToOne(probabilities: ArrayLike<number>, classes: number): Float64Array {
  const quotients = Float64Array.from(probabilities);
  for (let from = 0; from < quotients.length; from += classes) {
    let sum = 0;
    for (let k = 0; k < classes; k += 1) sum += quotients[from + k];
    if (Math.abs(sum - 1) <= classes * Number.EPSILON) continue;
    for (let k = 0; k < classes; k += 1) quotients[from + k] /= sum;
  }
  return quotients;
}

/** A table of probabilities of each class. */
export interface ProbabilityTable {
  /** Name of the column of the ids. */
  readonly id: string;
  /** Names of the other columns, one for each class. */
  readonly columns: readonly string[];
}

export const probabilityHeader = ({ id, columns }: ProbabilityTable): string =>
  `${[id, ...columns].map(csvCell).join()}\n`;

/**
 * The CSV text. Numbers are the shortest that a reader of float64 takes for the very same.
 * @param probabilities f32 or f64[ids × columns]
 * @param order of the rows, if it is not that of the ids
 */
export function probabilityCsv(
  table: ProbabilityTable,
  ids: readonly string[],
  probabilities: ArrayLike<number>,
  order: Uint32Array | null = null,
): string {
  const { length } = table.columns;
  const numbers = summingToOne(probabilities, length);
  const lines = Array.from(
    order ?? ids.keys(),
    (row) => `${csvCell(ids[row])},${numbers.subarray(row * length, (row + 1) * length).join()}\n`,
  );
  return probabilityHeader(table) + lines.join('');
}
