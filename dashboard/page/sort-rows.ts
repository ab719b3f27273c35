/** Sorts the rows of a table by a column. */

export interface SortColumn<Row> {
  /** Name of the column in the address while the table is sorted by it. */
  readonly id: string;
  /** The sort key. Rows with null come last in both directions. */
  readonly value: (row: Row) => number | string | null;
  /** Rows of different groups cannot be compared: they are not mixed, in either direction. */
  readonly group?: (row: Row) => string;
}

/** @param sort id of the column, with the prefix `-` for descending order; rows stay as they are for an unknown one */
export function sortRows<Row>(rows: readonly Row[], columns: readonly SortColumn<Row>[], sort: string): Row[] {
  const isFalling = sort.startsWith('-');
  const column = columns.find(({ id }) => id === (isFalling ? sort.slice(1) : sort));
  if (column === undefined) return [...rows];
  const sign = isFalling ? -1 : 1;
  // Computes each sort key once, not in each comparison.
  return rows
    .map((row) => ({ row, key: column.value(row), group: column.group?.(row) ?? '' }))
    .toSorted(({ key: first, group: one }, { key: second, group: other }) => {
      if (first === null || second === null) return Number(first === null) - Number(second === null);
      if (one !== other) return words.compare(one, other);
      return typeof first === 'number' && typeof second === 'number'
        ? sign * (first - second)
        : sign * words.compare(String(first), String(second));
    })
    .map(({ row }) => row);
}

/** A shared collator. `localeCompare` would create one for each comparison. */
const words = new Intl.Collator('en', { numeric: true });
