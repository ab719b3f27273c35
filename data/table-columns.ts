/** Finds the columns of a table in its first line: by name or position, pixels in columns of their own or in one. */
import { pixelSize } from '../base/format.ts';
import { printable } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import type { AxisOrder } from './axes.ts';
import type { Column, TableDescription } from './description.ts';
import { imageSize, type ImageShape } from './images.ts';

export interface TableLayout extends Omit<TableDescription, 'format' | 'file' | 'order'> {
  readonly order: AxisOrder;
  readonly shape: ImageShape;
  /** Column of groups or folds; null for none. */
  readonly part: Column | null;
  /** Whether two rows of the same id are refused. */
  readonly eachIdOnce: boolean;
  /** The class of a label as the table has it; undefined for what is none. */
  readonly classOf: (text: string) => number | undefined;
  /** What labels may be, in words. */
  readonly labelChoices: string;
}

/** What the reader does with the cells of a column. */
export const SKIP = 0;
export const PIXEL = 1;
/** All pixels of an image, separated by spaces. */
export const PIXEL_LIST = 2;
export const TEXT = 3;

/** What is in which column: places count from 0; -1 stands for a column that the table does not have. */
export interface Columns {
  /** One of the numbers above for each column. */
  readonly roles: Uint8Array;
  readonly id: number;
  readonly label: number;
  readonly chooser: number;
  readonly part: number;
}

/**
 * @param name what messages call the file
 * @param cells of the first line
 * @throws UserError if a column is missing, or the columns of pixels are not as many as an image has
 */
export function columnsOf(name: string, cells: readonly string[], layout: TableLayout): Columns {
  const place = (column: Column): number => placeOf(name, cells, column, layout.header);
  const { pixels } = layout;
  const id = layout.id === null ? -1 : place(layout.id);
  const label = layout.label === null ? -1 : place(layout.label);
  const chooser = layout.rows === null ? -1 : place(layout.rows.column);
  const part = layout.part === null ? -1 : place(layout.part);
  const roles = new Uint8Array(cells.length);
  if (pixels === 'others') roles.fill(PIXEL);
  else if ('prefix' in pixels) {
    const size = imageSize(layout.shape);
    for (let i = 0; i < size; i += 1) roles[place(`${pixels.prefix}${pixels.first + i}`)] = PIXEL;
  } else if ('column' in pixels) roles[place(pixels.column)] = PIXEL_LIST;
  else roles.fill(PIXEL, place(pixels.from), place(pixels.to) + 1);
  for (const at of [id, label, chooser, part]) if (at >= 0) roles[at] = TEXT;
  const count = roles.reduce((sum, role) => sum + Number(role === PIXEL), 0);
  const size = imageSize(layout.shape);
  if (!roles.includes(PIXEL_LIST) && count !== size) {
    throw new UserError(
      `${name}:1: expected ${size} columns of pixels for images of ${pixelSize(layout.shape)} × ${layout.shape.channels}, got ${count}. ` +
        'Correct `shape` or `pixels` of the competition, or put the right file there.',
    );
  }
  return { roles, id, label, chooser, part };
}

function placeOf(name: string, cells: readonly string[], column: Column, header: boolean): number {
  const remedy = 'Correct the description of the competition, or put the right file there.';
  if (typeof column === 'number') {
    if (column <= cells.length) return column - 1;
    throw new UserError(`${name}:1: expected at least ${column} columns, got ${cells.length}. ${remedy}`);
  }
  if (!header) {
    throw new UserError(
      `${name}: expected columns by position in a table without a header, got \`${printable(column)}\`. ${remedy}`,
    );
  }
  const at = cells.indexOf(column.trim());
  if (at >= 0) return at;
  const found = printable(cells.slice(0, 8).join(', '), 120) + (cells.length > 8 ? ', …' : '');
  throw new UserError(`${name}:1: expected a column \`${printable(column)}\`, got ${found}. ${remedy}`);
}

/** Cells of one line, quotes taken off. */
export function cellsOf(line: string, delimiter: string): string[] {
  const text = line.replace(/\r?\n?$/, '');
  const parts = delimiter === ' ' ? text.trim().split(/ +/) : splitOutsideQuotes(text, delimiter);
  return parts.map((cell) => {
    const trimmed = cell.trim();
    return /^".*"$/s.test(trimmed) ? trimmed.slice(1, -1).replaceAll('""', '"') : trimmed;
  });
}

function splitOutsideQuotes(text: string, delimiter: string): string[] {
  if (!text.includes('"')) return text.split(delimiter);
  const cells: string[] = [];
  let start = 0;
  let inQuotes = false;
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] === '"') inQuotes = !inQuotes;
    else if (text[i] === delimiter && !inQuotes) {
      cells.push(text.slice(start, i));
      start = i + 1;
    }
  }
  return [...cells, text.slice(start)];
}
