/** Columns that say which images belong together, in which fold they are, or whether they are for training or the test. */

import type { Column, WrittenDescription } from '../description.ts';
import { MOST_FOLDS } from '../split.ts';
import { type Notes, notUsed } from './notes.ts';
import { FOLD_NAME, GROUP_NAME, nameOf, type Table, valuesOf } from './tables.ts';

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

export interface Split {
  readonly train: string[];
  readonly test: string[];
}

const TRUE = /^(true|yes|1(\.0*)?)$/i;
const FALSE = /^(false|no|0(\.0*)?)$/i;

/**
 * What a column such as Usage, split or is_test says. What is neither for training nor the last test trains too, as the
 * second of the three parts of fer2013.
 * @returns values of the rows for training and for the test; null where the column does not tell
 */
export async function splitOf(table: Table, place: number, notes: Notes): Promise<Split | null> {
  const values = await valuesOf(table, place, 20);
  const name = String(nameOf(table, place));
  const isTest = values && testIn(name, values);
  if (!isTest) {
    notes.understood.push(...notUsed([`column ${name} of ${table.file}`]));
    return null;
  }
  const train = values.filter((value) => !isTest(value));
  const test = values.filter(isTest);
  notes.understood.push(
    `Column ${name}: ${train.join(', ')} for training, ${test.join(', ') || 'nothing'} for the test.`,
  );
  return { train, test };
}

function testIn(name: string, values: readonly string[]): ((value: string) => boolean) | null {
  if (values.length < 2) return null;
  if (values.every((value) => TRUE.test(value) || FALSE.test(value))) {
    if (/test/i.test(name)) return (value) => TRUE.test(value);
    return /train/i.test(name) ? (value) => FALSE.test(value) : null;
  }
  if (!values.some((value) => /train/i.test(value))) return null;
  const last = values.some((value) => /private/i.test(value)) ? /private/i : /test/i;
  return (value) => last.test(value);
}
