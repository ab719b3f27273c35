/** Why tables are not understood, in sentences that name file and place. */

import { printable } from '../../base/printable.ts';
import { isNumber } from '../in-order.ts';
import { nameOf, type Table } from './tables.ts';

const MOST_TABLES = 5;
const MOST_COLUMNS = 5;
/** A column of whole numbers of which so many rows have one of their own counts or measures something. */
const MOSTLY_DIFFERENT = 0.9;
const LEAST_VALUES = 20;

/** @returns sentences; none for tables that may be anything, such as lists of names */
export function whyNot(tables: readonly Table[]): string[] {
  return tables.slice(0, MOST_TABLES).flatMap((table) => {
    if (table.ragged !== null) return [table.ragged];
    const { rows, columns, file } = table;
    const places = [...Array(columns).keys()];
    const texts = places.filter((place) => rows.some((row) => !isNumber(row[place])));
    const numbers = columns - texts.length;
    if (texts.length < 2 || numbers < 2) return [];
    const names = texts.slice(0, MOST_COLUMNS).map((place) => nameOf(table, place));
    const more = texts.length > names.length ? ', …' : '';
    return [
      `${file} has ${texts.length} columns of text (${printable(names.join(', '), 120)}${more}) beside ${numbers} of numbers: ` +
        'tables of mixed columns are not meant, only rows of numbers that make an image, with one label.',
    ];
  });
}

/**
 * What is odd about a column of labels.
 * @param values all that it has, different ones
 * @returns whether it cannot be one, and why; null for nothing
 */
export function oddLabels(
  table: Table,
  place: number,
  values: readonly string[],
): { readonly isRefused: boolean; readonly sentence: string } | null {
  const column = `Column ${nameOf(table, place)} of ${table.file}`;
  const real = values.find((value) => isNumber(value) && !Number.isInteger(Number(value)));
  if (real !== undefined) {
    return {
      isRefused: true,
      sentence:
        `${column} holds real numbers, such as ${printable(real, 20)}: a quantity to be estimated is not meant, only classes. ` +
        'Name another column as `label` in a description, or make classes of the numbers.',
    };
  }
  const seen = new Set(table.rows.map((row) => row[place])).size;
  const isQuantity = values.every(isNumber) && seen > LEAST_VALUES && seen >= MOSTLY_DIFFERENT * table.rows.length;
  return isQuantity
    ? {
        isRefused: false,
        sentence: `${column} has another number in almost every row: each of ${values.length} was taken for a class. If it is a quantity, it is not meant.`,
      }
    : null;
}
