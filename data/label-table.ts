/** Tables of ids and labels, such as submissions and solutions: the one place that knows how a label is written. */

import { quoted } from '../base/printable.ts';
import { parseTable, readTable, type TableRow } from './csv.ts';
import type { Source } from './source.ts';
import { UserError } from '../base/user-error.ts';

/** Header of such a table, and what its rows mean. */
export interface LabelTable {
  readonly id: string;
  readonly label: string;
  /** The id of the first image; those of the next ones follow it. */
  readonly firstId: number;
  /** Whether a label is written as the position of its class, from 0, or as the name of the class. */
  readonly labels: 'index' | 'name';
}

/** Which leaderboard an image counts for. */
export type Usage = 'Public' | 'Private';

export interface LabelEntry {
  readonly id: number;
  /** Class index. */
  readonly label: number;
  /** Only if the table has that column. */
  readonly usage?: Usage;
}

const USAGE = 'Usage';
const MAXIMUM_ID = 2 ** 32 - 1;

/** A label as the table has it. */
export const labelText = ({ labels }: LabelTable, classes: readonly string[], label: number): string =>
  labels === 'name' ? classes[label] : String(label);

/**
 * Reads rows `id,label`, or `id,label,Usage` where that is allowed.
 * @returns them in order, and the SHA-256 of the stored bytes
 * @throws UserError naming file and line for a wrong header, row, id or label, or an id that comes twice
 */
export async function readLabels(
  source: Source,
  table: LabelTable,
  classes: readonly string[],
  { usageAllowed = false } = {},
): Promise<{ entries: LabelEntry[]; digest: string }> {
  const { rows, digest } = await readTable(source, headersOf(table, usageAllowed));
  return { entries: entriesOf(source.name, rows, table, classes), digest };
}

/** As `readLabels`, of text that is there already. @param name what messages call it */
export const parseLabels = (
  name: string,
  text: string,
  table: LabelTable,
  classes: readonly string[],
  { usageAllowed = false } = {},
): LabelEntry[] => entriesOf(name, parseTable(name, text, headersOf(table, usageAllowed)).rows, table, classes);

const headersOf = ({ id, label }: LabelTable, usageAllowed: boolean): string[][] => {
  const columns = [id, label];
  return usageAllowed ? [columns, [...columns, USAGE]] : [columns];
};

function entriesOf(
  name: string,
  rows: readonly TableRow[],
  table: LabelTable,
  classes: readonly string[],
): LabelEntry[] {
  const indices = new Map(classes.map((_, label) => [labelText(table, classes, label), label]));
  const lines = new Map<number, number>();
  return rows.map((row): LabelEntry => {
    const id = idCell(name, row, table);
    const label = labelCell(name, row, table, indices);
    const earlier = lines.get(id);
    if (earlier !== undefined) fail(name, row, `expected every id once, got ${id} as on line ${earlier}`);
    lines.set(id, row.line);
    return row.cells.length === 2 ? { id, label } : { id, label, usage: usageCell(name, row) };
  });
}

function idCell(name: string, row: TableRow, { id, firstId }: LabelTable): number {
  const [text] = row.cells;
  const value = integerOf(text);
  if (value >= firstId && value <= MAXIMUM_ID) return value;
  return fail(name, row, `expected \`${id}\` to be an integer in ${firstId} … ${MAXIMUM_ID}, got ${quoted(text)}`);
}

function labelCell(
  name: string,
  row: TableRow,
  { label, labels }: LabelTable,
  indices: ReadonlyMap<string, number>,
): number {
  const text = row.cells[1];
  // 07 is 7 too.
  const found = indices.get(labels === 'index' ? String(integerOf(text)) : text);
  if (found !== undefined) return found;
  const names = [...indices.keys()];
  const expected = labels === 'index' ? `an integer in 0 … ${names.length - 1}` : `one of ${names.join(', ')}`;
  return fail(name, row, `expected \`${label}\` to be ${expected}, got ${quoted(text)}`);
}

function usageCell(name: string, row: TableRow): Usage {
  const text = row.cells[2];
  if (text === 'Public' || text === 'Private') return text;
  return fail(name, row, `expected \`${USAGE}\` to be Public or Private, got ${quoted(text)}`);
}

const integerOf = (text: string): number => (/^\d{1,10}$/.test(text) ? Number(text) : NaN);

function fail(name: string, { line }: TableRow, what: string): never {
  throw new UserError(`${name}:${line}: ${what}. Correct that line.`);
}
