/** Small tables of text, such as submissions and solutions, read by csv-parse and checked line by line. */

import { CsvError, parse } from 'csv-parse/sync';
import { readSource } from './archive.ts';
import type { Source } from './archive.ts';
import { UserError } from '../base/user-error.ts';

export interface TableRow {
  /** Line of the file that the row stands on, from 1. */
  readonly line: number;
  /** One text for each column of the header. */
  readonly cells: readonly string[];
}

/** Tables that are read whole may be this long: ten times a submission of 300,000 rows. */
const MAXIMUM_BYTES = 1 << 25;
const MAXIMUM_ROW_CHARACTERS = 1000;

/**
 * Reads a table whose header is one of `headers`.
 * @returns the header that was found, its rows in order, and the SHA-256 of the stored bytes
 * @throws UserError naming file and line for another header, a ragged row, a blank line between rows, no rows, or a
 *   quote that is not closed
 */
export async function readTable(
  source: Source,
  headers: readonly (readonly string[])[],
): Promise<{ header: readonly string[]; rows: TableRow[]; digest: string }> {
  const { text, digest } = await readText(source);
  return { ...parseTable(source.name, text, headers), digest };
}

/** As `readTable`, of text that is there already. @param name what messages call it */
export function parseTable(
  name: string,
  text: Buffer | string,
  headers: readonly (readonly string[])[],
): { header: readonly string[]; rows: TableRow[] } {
  const lines = parseText(name, text);
  while (lines.length > 0 && isBlank(lines[lines.length - 1])) lines.pop();
  const [first, ...rows] = lines;
  if (!first) throw new UserError(`${name}: expected a table, got an empty file. Download it again.`);
  const header = headers.find((columns) => columns.join() === first.cells.join());
  if (!header) {
    const expected = headers.map((columns) => `\`${columns.join()}\``).join(' or ');
    throw new UserError(`${name}:1: expected the header ${expected}, got ${quoted(first.cells.join())}. Correct it.`);
  }
  if (rows.length === 0) throw new UserError(`${name}: expected rows after the header, got none. Download it again.`);
  for (const row of rows) {
    if (row.cells.length === header.length) continue;
    const found = isBlank(row) ? 'a blank line' : row.cells.length;
    throw new UserError(`${name}:${row.line}: expected ${header.length} columns, got ${found}. Correct that line.`);
  }
  return { header, rows };
}

/** Foreign text in quotes for a message: short, and without characters that a terminal would act on. */
export const quoted = (text: string): string => `"${text.slice(0, 40).replace(/[^\u0020-\u007E]/g, '?')}"`;

const isBlank = ({ cells }: TableRow): boolean => cells.length === 1 && cells[0] === '';

async function readText(source: Source): Promise<{ text: Buffer; digest: string }> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const digest = await readSource(source, (chunk) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAXIMUM_BYTES) {
      throw new UserError(`${source.name}: expected a table of at most ${MAXIMUM_BYTES} bytes, got more. Shorten it.`);
    }
  });
  return { text: Buffer.concat(chunks), digest };
}

function parseText(name: string, text: Buffer | string): TableRow[] {
  const rows: TableRow[] = [];
  try {
    parse(text, {
      bom: true,
      // The number of columns is checked above, where the line is known.
      relax_column_count: true,
      max_record_size: MAXIMUM_ROW_CHARACTERS,
      on_record: (cells, { lines }) => {
        rows.push({ line: lines, cells });
        return null;
      },
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // Its message begins with the kind of mistake, such as "Quote Not Closed:", and may go on with the whole line.
    const [kind] = error.message.split(':');
    throw new UserError(`${name}:${String(error.lines)}: expected CSV, got "${kind}". Correct that line.`, {
      cause: error,
    });
  }
  return rows;
}
