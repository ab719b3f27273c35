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

export interface Sample {
  readonly delimiter: ',' | ';' | '\t' | ' ';
  /** Null where the first line is a row as all others. */
  readonly header: readonly string[] | null;
  /** The first rows; all have as many cells. */
  readonly rows: readonly (readonly string[])[];
}

/** The beginning of a table; null for what is none. */
export async function sampleOf(source: Source): Promise<Sample | null> {
  const lines: string[] = [];
  let characters = 0;
  await eachLine(source, (line) => {
    if (line.trim() !== '') lines.push(line.replace(/^\uFEFF/, ''));
    characters += line.length;
    return lines.length === LOOKED_AT || characters > LOOKED_AT_CHARACTERS;
  });
  if (lines.length < 2 || lines.some((line) => line.includes('\0'))) return null;
  for (const delimiter of [',', ';', '\t', ' '] as const) {
    const rows = lines.map((line) => cellsOf(line, delimiter));
    const { length } = rows[0];
    if (length < 2 || rows.some((row) => row.length !== length)) continue;
    const header = isHeader(rows[0], rows[1]) ? rows[0] : null;
    return { delimiter, header, rows: header ? rows.slice(1) : rows };
  }
  return null;
}

/** Names, above numbers or above what looks otherwise. */
function isHeader(first: readonly string[], second: readonly string[]): boolean {
  if (first.some((cell, i) => !isNumber(cell) && cell !== '' && isNumber(second[i]))) return true;
  return first.every((cell) => !isNumber(cell) && /^[\w -]{1,40}$/.test(cell)) && new Set(first).size === first.length;
}
