/** Columns that say which images belong together, or in which fold they are. */

import type { Column, WrittenDescription } from '../description.ts';
import type { Notes } from './notes.ts';
import { FOLD_NAME, GROUP_NAME, nameOf, type Table, valuesOf } from './tables.ts';

const MOST_FOLDS = 256;

/** @returns the first column that is called so; −1 for none */
const placeOf = ({ header }: Table, name: RegExp): number => header?.findIndex((cell) => name.test(cell)) ?? -1;

/**
 * What a column of the table says about the folds: the folds themselves before groups.
 * @param images column of their names in a table of its own; undefined in the training table
 */
export async function partsOf(
  table: Table,
  notes: Notes,
  images?: number,
): Promise<Pick<WrittenDescription, 'group' | 'fold'>> {
  const at = (place: number): WrittenDescription['group'] => {
    const column: Column = nameOf(table, place);
    if (images === undefined) return column;
    const { delimiter } = table;
    const id = nameOf(table, images);
    return { file: table.file, id, column, ...(delimiter !== ',' && { delimiter }) };
  };
  const [fold, group] = [placeOf(table, FOLD_NAME), placeOf(table, GROUP_NAME)];
  const folds = fold < 0 ? null : await valuesOf(table, fold, MOST_FOLDS);
  if (folds && folds.length > 1) {
    notes.understood.push(`Column ${nameOf(table, fold)} of ${table.file}: the ${folds.length} folds.`);
    return { fold: at(fold) };
  }
  if (group < 0) return {};
  notes.understood.push(`Column ${nameOf(table, group)} of ${table.file}: images of a group stay in one fold.`);
  return { group: at(group) };
}
