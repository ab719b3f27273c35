/** Tables line by line, as they are looked at before anybody knows what they hold. */

import { utf8Pieces } from '../../base/text.ts';
import { isNumber } from '../in-order.ts';
import { readSource, type Source } from '../source.ts';
import { cellsOf } from '../table-columns.ts';

const LOOKED_AT = 300;
const LOOKED_AT_CHARACTERS = 1 << 22;

class Enough extends Error {}

/** @param take gets each line, and says whether that was enough */
export async function eachLine(source: Source, take: (line: string) => boolean): Promise<void> {
  const pieces = utf8Pieces();
  const decoder = new TextDecoder();
  let rest = '';
  const push = (text: string): void => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) if (take(line.replace(/\r$/, ''))) throw new Enough();
    if (rest.length > LOOKED_AT_CHARACTERS) throw new Enough();
  };
  try {
    await readSource(source, (chunk) => push(decoder.decode(pieces.push(chunk), { stream: true })));
    push(`${decoder.decode(pieces.end())}\n`);
  } catch (error) {
    if (!(error instanceof Enough)) throw error;
  }
}

const MOST_OF_A_ROW = 1 << 16;

/** As `eachLine`, where a cell in quotes may go on in the next line. @param take also gets the number of its first line, from 1 */
export async function eachRow(source: Source, take: (row: string, line: number) => boolean): Promise<void> {
  let [open, first, number] = ['', 1, 0];
  await eachLine(source, (line) => {
    number += 1;
    if (open === '') first = number;
    const row = open === '' ? line : `${open}\n${line}`;
    if (hasOpenQuote(row) && row.length < MOST_OF_A_ROW) {
      open = row;
      return false;
    }
    open = '';
    return take(row, first);
  });
  if (open !== '') take(open, first);
}

/** A quote in the middle of a text, as in 5" long, opens nothing. */
const hasOpenQuote = (row: string): boolean =>
  row.includes('"') && row.split('"').length % 2 === 0 && /(^|[,;\t]) *"/.test(row);

export interface Sample {
  readonly delimiter: ',' | ';' | '\t' | ' ';
  /** Null where the first line is a row as all others. */
  readonly header: readonly string[] | null;
  /** The first rows; all have as many cells. */
  readonly rows: readonly (readonly string[])[];
  /** Line of each of them, from 1. */
  readonly lines: readonly number[];
  /** Sentence on the first row that has another number of cells and was passed over; null for none. */
  readonly ragged: string | null;
}

/** Rows that may have another number of cells before a text is no table, as a share. */
const MOST_RAGGED = 0.1;

/** The beginning of a table; null for what is none. */
export async function sampleOf(source: Source): Promise<Sample | null> {
  const lines: NumberedLine[] = [];
  let characters = 0;
  await eachRow(source, (line, number) => {
    if (line.trim() !== '') lines.push({ text: line.replace(/^\uFEFF/, ''), number });
    characters += line.length;
    return lines.length === LOOKED_AT || characters > LOOKED_AT_CHARACTERS;
  });
  if (lines.length < 2 || lines.some(({ text }) => text.includes('\0'))) return null;
  const delimiters = [',', ';', '\t', ' '] as const;
  const whole = delimiters.map((delimiter) => tableOf(source.name, lines, delimiter)).filter((one) => one !== null);
  return whole.find(({ ragged }) => ragged === null) ?? whole[0] ?? null;
}

/** @returns null where the lines are no table with that delimiter */
function tableOf(name: string, lines: readonly NumberedLine[], delimiter: Sample['delimiter']): Sample | null {
  const all = lines.map(({ text }) => cellsOf(text, delimiter));
  const { length } = all[0];
  const rows = all.filter((row) => row.length === length);
  const numbers = lines.flatMap(({ number }, i) => (all[i].length === length ? [number] : []));
  const odd = all.length - rows.length;
  if (length < 2 || rows.length < 2 || odd > Math.max(1, MOST_RAGGED * all.length)) return null;
  const first = all.findIndex((row) => row.length !== length);
  const ragged =
    first < 0
      ? null
      : `${name}:${lines[first].number}: expected ${length} columns as in the first line, got ${all[first].length}. Correct that line.`;
  const header = isHeader(rows[0], rows[1]) ? rows[0] : null;
  const skipped = header ? 1 : 0;
  return { delimiter, header, rows: rows.slice(skipped), lines: numbers.slice(skipped), ragged };
}

interface NumberedLine {
  readonly text: string;
  /** From 1. */
  readonly number: number;
}

/** Names, above numbers or above what looks otherwise. */
function isHeader(first: readonly string[], second: readonly string[]): boolean {
  if (first.some((cell, i) => !isNumber(cell) && cell !== '' && isNumber(second[i]))) return true;
  return first.every((cell) => !isNumber(cell) && /^[\w -]{1,40}$/.test(cell)) && new Set(first).size === first.length;
}
