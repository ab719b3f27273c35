/** Columns that say which images belong together, or in which fold they are. */

import type { Column, WrittenDescription } from '../description.ts';
import type { Notes } from './notes.ts';
import { FOLD_NAME, GROUP_NAME, nameOf, type Table, valuesOf } from './tables.ts';

const MOST_FOLDS = 256;

/** @returns the first column that is called so; −1 for none */
const placeOf = ({ header }: Table, name: RegExp): number => header?.findIndex((cell) => name.test(cell)) ?? -1;

/**
 * What a column of the table says about the folds: the folds themselves before groups.
 * @param id column of the names of the images, which are no groups; −1 for none
 * @param isApart whether the table is another one than that of the training images
 */
export async function partsOf(
  table: Table,
  notes: Notes,
  id: number,
  isApart = false,
): Promise<Pick<WrittenDescription, 'group' | 'fold'>> {
  const at = (place: number): WrittenDescription['group'] => {
    const column: Column = nameOf(table, place);
    if (!isApart) return column;
    const { delimiter } = table;
    return { file: table.file, id: nameOf(table, id), column, ...(delimiter !== ',' && { delimiter }) };
  };
  const [fold, group] = [placeOf(table, FOLD_NAME), placeOf(table, GROUP_NAME)];
  const folds = fold < 0 ? null : await valuesOf(table, fold, MOST_FOLDS);
  if (folds && folds.length > 1) {
    notes.understood.push(`Column ${nameOf(table, fold)} of ${table.file}: the ${folds.length} folds.`);
    return { fold: at(fold) };
  }
  if (group < 0 || group === id) return {};
  notes.understood.push(`Column ${nameOf(table, group)} of ${table.file}: images of a group stay in one fold.`);
  return { group: at(group) };
}
