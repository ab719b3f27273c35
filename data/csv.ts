/** Small tables of text, such as submissions and solutions, read by csv-parse and checked line by line. */

import { CsvError, parse } from 'csv-parse/sync';
import { printable, quoted } from '../base/printable.ts';
import { decodeText } from '../base/text.ts';
import { UserError } from '../base/user-error.ts';
import type { Column } from './description.ts';
import { maximumRows } from './images.ts';
import { readSource, type Source } from './source.ts';

export interface TableRow {
  /** Line of the file that the row stands on, from 1. */
  readonly line: number;
  /** One text for each column of the header. */
  readonly cells: readonly string[];
}

/** How large a table may be. */
export interface TableBounds {
  readonly bytes: number;
  /** Characters: what is longer is no row, but a quote that is not closed. */
  readonly row: number;
}

/** Tables that are read whole: ten times a submission of 300,000 rows. */
const usualBounds: TableBounds = { bytes: 1 << 25, row: 1000 };

/** Tables with a column for each class: 300,000 rows of 40 classes, or fewer rows of 10,000. */
export const wideBounds: TableBounds = { bytes: 1 << 28, row: 1 << 19 };
/** At the end of a file; more of them are no oversight. */
const MOST_BLANK_LINES = 1000;

/**
 * Reads a table whose header is one of `headers`, or any, in UTF-8, or in UTF-16 with a byte-order mark.
 * @returns the header that was found, its rows in order, and the SHA-256 of the stored bytes
 * @throws UserError naming file and line for another header, a ragged row, a blank line between rows, no rows or too
 *   many, or a quote that is not closed
 */
export async function readTable(
  source: Source,
  headers: readonly (readonly string[])[] | null,
  { delimiter = ',', ...bounds }: Partial<TableBounds> & { readonly delimiter?: string } = {},
): Promise<{ header: readonly string[]; rows: TableRow[]; digest: string }> {
  const { bytes, row } = { ...usualBounds, ...bounds };
  const { text, digest } = await readText(source, bytes);
  return { ...parseTable(source.name, text, headers, { delimiter, row }), digest };
}

async function readText(source: Source, most: number): Promise<{ text: string; digest: string }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const digest = await readSource(source, (chunk) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > most) {
      throw new UserError(`${source.name}: expected a table of at most ${most} bytes, got more. Shorten it.`);
    }
  });
  try {
    return { text: decodeText(Buffer.concat(chunks)), digest };
  } catch (error) {
    throw new UserError(`${source.name}: expected text in UTF-8 or UTF-16, got something else. Save it as UTF-8.`, {
      cause: error,
    });
  }
}

/**
 * As `readTable`, of text that is there already.
 * @param name what messages call it
 */
export function parseTable(
  name: string,
  text: string,
  headers: readonly (readonly string[])[] | null,
  { row: longestRow = usualBounds.row, delimiter = ',' }: { readonly row?: number; readonly delimiter?: string } = {},
): { header: readonly string[]; rows: TableRow[] } {
  const rows: TableRow[] = [];
  let header: readonly string[] | undefined;
  let blank: { line: number; count: number } | null = null;
  // Row by row, so that a wrong file ends the reading before it fills the memory.
  const take = (cells: readonly string[], line: number): void => {
    if (cells.length === 1 && cells[0] === '') {
      blank = { line: blank?.line ?? line, count: (blank?.count ?? 0) + 1 };
      if (blank.count <= MOST_BLANK_LINES) return;
    }
    if (blank) throw ragged(name, blank.line, header ?? headers?.[0] ?? [], 'a blank line');
    if (!header) {
      header = headers ? headerOf(name, cells, headers) : cells;
    } else if (cells.length !== header.length) {
      throw ragged(name, line, header, String(cells.length));
    } else if (rows.length === maximumRows) {
      throw new UserError(`${name}:${line}: expected at most ${maximumRows} rows, got more. Put the right file there.`);
    } else {
      rows.push({ line, cells });
    }
  };
  try {
    parse(text, {
      delimiter,
      // The number of columns is checked here, where the line is known.
      relax_column_count: true,
      max_record_size: longestRow,
      on_record: (cells, { lines }) => {
        take(cells, lines);
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // Its message begins with the kind of mistake, such as "Quote Not Closed:", and may go on with the whole line.
    const [kind] = error.message.split(':');
    if (error.code === 'CSV_MAX_RECORD_SIZE') {
      throw new UserError(
        `${name}:${String(error.lines)}: expected a row of at most ${longestRow} characters, got a longer one. ` +
          'Put the right file there, or close the quotation mark.',
        { cause: error },
      );
    }
    throw new UserError(`${name}:${String(error.lines)}: expected CSV, got "${printable(kind)}". Correct that line.`, {
      cause: error,
    });
  }
  if (!header) throw new UserError(`${name}: expected a table, got an empty file. Download it again.`);
  if (rows.length === 0) throw new UserError(`${name}: expected rows after the header, got none. Download it again.`);
  return { header, rows };
}

/** Cells of one line; none if it is no CSV, such as with a quote that is not closed. */
export function parseLine(line: string): readonly string[] {
  try {
    return parse(line, { max_record_size: wideBounds.row })[0] ?? [];
  } catch (error) {
    if (error instanceof CsvError) return [];
    throw error;
  }
}

/** Position of a column, from 0. @param column name in the header, or position from 1. @throws UserError if it is not there */
export function placeIn(name: string, header: readonly string[], column: Column): number {
  const at = typeof column === 'number' ? column - 1 : header.map((cell) => cell.trim()).indexOf(column.trim());
  if (at >= 0 && at < header.length) return at;
  throw new UserError(
    `${name}:1: expected a column \`${printable(String(column))}\`, got ${printable(header.join(', '), 120)}. ` +
      'Correct the description of the competition, or put the right file there.',
  );
}

function headerOf(name: string, cells: readonly string[], headers: readonly (readonly string[])[]): readonly string[] {
  const found = cells.join();
  const header = headers.find((columns) => columns.join() === found);
  if (header) return header;
  const expected = headers.map((columns) => `\`${columns.join()}\``).join(' or ');
  throw new UserError(`${name}:1: expected the header ${expected}, got ${quoted(found, 60)}. Correct it.`);
}

const ragged = (name: string, line: number, { length }: readonly string[], found: string): UserError =>
  new UserError(`${name}:${line}: expected ${length} columns, got ${found}. Correct that line.`);
