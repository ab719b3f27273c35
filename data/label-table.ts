/** Tables of ids and labels, such as submissions and solutions: the one place that knows how a label is written. */

import { printable, quoted } from '../base/printable.ts';
import { parseTable, readTable, type TableRow } from './csv.ts';
import type { Source } from './source.ts';
import { UserError } from '../base/user-error.ts';

/** How files write a label: as the position of its class from 0, as the name of the class, or as these texts. */
export type LabelTexts = 'index' | 'name' | readonly string[];

/** Header of such a table, and what its rows mean. */
export interface LabelTable {
  readonly id: string;
  readonly label: string;
  /** The id of the first image, where ids count the images; null where ids are any texts. */
  readonly firstId: number | null;
  readonly labels: LabelTexts;
}

/** Which leaderboard an image counts for. */
export type Usage = 'Public' | 'Private';

export interface LabelEntry {
  readonly id: string;
  /** Class index. */
  readonly label: number;
  /** Only if the table has that column. */
  readonly usage?: Usage;
}

const USAGE = 'Usage';
const MAXIMUM_ID = 2 ** 32 - 1;

/** A label as the table has it. */
export const labelText = (
  { labels }: Pick<LabelTable, 'labels'>,
  classes: readonly string[],
  label: number,
): string => {
  if (labels === 'index') return String(label);
  return labels === 'name' ? classes[label] : labels[label];
};

/**
 * Finds the class of a label as files write it. Numbers may be written otherwise: 07 and 7.0 are 7 too.
 * @returns a function that gives undefined for what is no label
 */
export function labelReader(labels: LabelTexts, classes: readonly string[]): (text: string) => number | undefined {
  const texts = classes.map((_, label) => labelText({ labels }, classes, label));
  const indices = new Map(texts.map((text, label) => [text, label]));
  // Positions are written without a point; what tables of numbers have may be written by a program.
  const form = labels === 'index' ? /^\d{1,10}$/ : wholeNumber;
  const areNumbers = texts.every((text) => form.test(text));
  return (text) => {
    const found = indices.get(text);
    return found === undefined && areNumbers && form.test(text) ? indices.get(String(Number(text))) : found;
  };
}

/** What a label may be, in words. */
export function labelChoices(labels: LabelTexts, classes: readonly string[]): string {
  if (labels === 'index') return `an integer in 0 … ${classes.length - 1}`;
  const texts = classes.map((_, label) => labelText({ labels }, classes, label));
  return `one of ${printable(texts.join(', '), 300)}`;
}

const wholeNumber = /^-?\d{1,10}(\.0{1,6})?$/;

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
  const classOf = labelReader(table.labels, classes);
  const lines = new Map<string, number>();
  return rows.map((row): LabelEntry => {
    const id = idCell(name, row, table);
    const label = labelCell(name, row, table, classes, classOf);
    const earlier = lines.get(id);
    if (earlier !== undefined) fail(name, row, `expected every id once, got ${id} as on line ${earlier}`);
    lines.set(id, row.line);
    return row.cells.length === 2 ? { id, label } : { id, label, usage: usageCell(name, row) };
  });
}

function idCell(name: string, row: TableRow, { id, firstId }: LabelTable): string {
  const [text] = row.cells;
  if (firstId === null) {
    return text === '' ? fail(name, row, `expected \`${id}\` to be a text, got nothing`) : text;
  }
  const value = integerOf(text);
  if (value >= firstId && value <= MAXIMUM_ID) return String(value);
  return fail(name, row, `expected \`${id}\` to be an integer in ${firstId} … ${MAXIMUM_ID}, got ${quoted(text)}`);
}

function labelCell(
  name: string,
  row: TableRow,
  { label, labels }: LabelTable,
  classes: readonly string[],
  classOf: (text: string) => number | undefined,
): number {
  const text = row.cells[1];
  const found = classOf(text);
  if (found !== undefined) return found;
  return fail(name, row, `expected \`${label}\` to be ${labelChoices(labels, classes)}, got ${quoted(text)}`);
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
