/** Tables on the screen, as wide as it is: columns that matter least give way, then long texts are wrapped. */
import Table from 'cli-table3';
import { printableLines } from '../base/printable.ts';
import { wrapWords } from './format.ts';
import { largest } from '../numerics/statistics.ts';

export interface TableOptions {
  /** Titles of columns that are left out where the screen is too narrow, the first of these first. Default: none. */
  readonly optional?: readonly string[];
  /** Width in characters. Default: that of the terminal, or unlimited if the output is not a terminal. */
  readonly width?: number;
}

/** A rule under the head, and no borders. */
const chars = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  middle: ' ',
  right: '',
  'left-mid': '',
  mid: '─',
  'mid-mid': '─',
  'right-mid': '',
};
/** Spaces at the left and right of each cell. */
const PADDING = 2;
const GAP = 1;
/** In characters. */
const LONGEST_CELL_LINE = 200;
/** Narrower texts are hard to read. */
const NARROWEST_TEXT = 10;

/**
 * Cells may have several lines.
 * @param align of each column: `l` or `r`; texts in left-aligned columns are wrapped first
 */
export function table(
  titles: readonly string[],
  cells: readonly (readonly string[])[],
  align: string,
  { optional = [], width = process.stdout.columns || Infinity }: TableOptions = {},
): string {
  const head = titles.map(cellText);
  const rows = cells.map((row) => row.map(cellText));
  const widest = (column: number, widthOf: (cell: string) => number, least = 0): number =>
    [head, ...rows].reduce((most, row) => Math.max(most, widthOf(row[column])), least);
  const natural = head.map((_, column) => widest(column, cellWidth));
  const shown = new Set(head.keys());
  const widthOf = (columns: Iterable<number>, widths: readonly number[]): number =>
    Array.from(columns).reduce((sum, column) => sum + widths[column] + PADDING + GAP, -GAP);
  const leftOut: string[] = [];
  for (const title of optional) {
    if (widthOf(shown, natural) <= width) break;
    if (shown.delete(head.indexOf(cellText(title)))) leftOut.push(title);
  }
  const columns = [...shown];
  const scores = head.map((_, column) => widest(column, scoreWidth));
  const words = scores.map((score, column) => widest(column, wordWidth, score));
  const atLeast = (found: readonly number[]): number[] => found.map((least) => Math.max(least, NARROWEST_TEXT));
  const right = columns.filter((column) => align[column] === 'r');
  const left = columns.filter((column) => align[column] !== 'r');
  const fits = (found: readonly number[]): boolean => widthOf(columns, found) <= width;
  // Names and paths are cut only where parting words is not enough, and numbers leave their units at last.
  const parted = narrow(natural, atLeast(words), left, fits);
  const widths = narrow(narrow(parted, atLeast(scores), left, fits), words, right, fits);
  const pick = (row: readonly string[]): string[] => columns.map((column) => row[column]);
  const lines = new Table({
    head: pick(head),
    colAligns: columns.map((column) => (align[column] === 'r' ? 'right' : 'left')),
    colWidths: columns.map((column) => widths[column] + PADDING),
    wordWrap: true,
    // A word that is longer than its column would be cut.
    wrapOnWordBoundary: columns.every((column) =>
      [head, ...rows].every((row) => row[column].split(/\s/).every((word) => cellWidth(word) <= widths[column])),
    ),
    style: { head: [], border: [], compact: true, 'padding-left': 1, 'padding-right': 1 },
    chars,
  });
  for (const row of rows) lines.push(pick(row));
  const text = lines
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
  if (leftOut.length === 0) return text;
  const missing = leftOut.map((title) => title.replaceAll('\n', ' ')).join(', ');
  return `${text}\n${wrapWords(`(No room for ${missing}: | cat shows all.)`, width)}`;
}

/** Takes from the widest of these columns until all fits, or nothing more can be taken. */
function narrow(
  natural: readonly number[],
  least: readonly number[],
  texts: readonly number[],
  fits: (widths: readonly number[]) => boolean,
): number[] {
  const widths = [...natural];
  for (;;) {
    const wide = texts.filter((column) => widths[column] > least[column]);
    if (wide.length === 0 || fits(widths)) return widths;
    const widest = Math.max(...wide.map((column) => widths[column]));
    widths[wide.find((column) => widths[column] === widest)!] -= 1;
  }
}

/** The text of a cell without control characters, and with lines of limited length. */
const cellText = (cell: string): string => printableLines(cell, LONGEST_CELL_LINE);

/** Characters of the cell's longest line. */
const cellWidth = (cell: string): number => largest(cell.split('\n').map((line) => line.length));

/** Characters of the cell's longest word. */
const wordWidth = (cell: string): number => largest(cell.split(/\s/).map((word) => word.length));

/** Characters of the cell's longest score with its error: the two stay on one line, or half would look like a score. */
const scoreWidth = (cell: string): number => Math.max(0, ...(cell.match(/\S+ ± \S+/g) ?? []).map(cellWidth));
