/** Strict, fast reader of CSV files that hold nothing but small integers: a label and the bytes of an image in each row. */

import { quoted } from '../base/printable.ts';
import { allocateLabels, maximumRows, type PixelRows } from './images.ts';
import { PixelRoom } from './pixel-room.ts';
import { UserError } from '../base/user-error.ts';

/** What the header must be, and what the label may be. */
export interface PixelLayout {
  /** Name of the label column, which comes first. */
  readonly label: string;
  /** Whether the file has that column. */
  readonly labelled: boolean;
  readonly pixels: readonly string[];
  /** Labels are 0 … classes − 1. */
  readonly classes: number;
}

export interface PixelReader {
  /** Takes the next bytes of the file, cut anywhere. @throws UserError at the first byte that is wrong. */
  push(chunk: Uint8Array): void;
  /** Ends the file. @throws UserError if it has no rows or stops inside a row. */
  finish(): PixelRows;
}

const ZERO = 48;
const COMMA = 44 - ZERO;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Images are gathered in blocks of this many, since the number of rows is known at the end only. */
const BLOCK_ROWS = 1024;
/** Longest number that is read, leading zeros included: enough for labels up to 65,535. */
const MAXIMUM_DIGITS = 5;

/**
 * Reads header and rows in one pass over the bytes, with memory for the images and little else. Numbers are decimal
 * digits without sign, space or quotes; lines end with LF or CRLF; a BOM, quoted header names, a missing last line end
 * and blank lines at the end are fine.
 * @param name what messages call the file
 * @param room receives the pixels. Default: in memory
 */
export function createPixelReader(name: string, layout: PixelLayout, room = new PixelRoom(null)): PixelReader {
  const labelColumns = layout.labelled ? 1 : 0;
  const imageBytes = layout.pixels.length;
  const columns = labelColumns + imageBytes;
  const header = headerReader(name, layout);
  const labels: number[] = [];

  // The cell being read, the place of the next one, and where its value goes.
  let value = 0;
  let digits = 0;
  let column = 0;
  let block = new Uint8Array(0);
  let offset = 0;
  let rows = 0;
  let line = 1;
  let blankLine = 0;
  let lineFeedDue = false;

  function fail(what: string): never {
    throw new UserError(`${name}:${line}: ${what}. Correct that line, or download the file again.`);
  }

  function endCell(): void {
    const isLabel = column < labelColumns;
    if (column === columns) fail(`expected ${columns} columns, got more`);
    if (digits === 0 || value > (isLabel ? layout.classes - 1 : 255)) failCell(new Uint8Array(0), 0);
    if (isLabel) labels.push(value);
    else block[offset++] = value;
    column++;
    value = 0;
    digits = 0;
  }

  function endLine(): void {
    if (column === 0 && digits === 0) {
      blankLine ||= line;
    } else {
      if (blankLine) {
        line = blankLine;
        fail(`expected ${columns} columns, got a blank line`);
      }
      if (column < columns - 1) fail(`expected ${columns} columns, got ${column + 1}`);
      endCell();
      if (rows === maximumRows) fail(`expected at most ${maximumRows} rows in one file, got more`);
      column = 0;
      rows++;
      if (offset === block.length) startBlock();
    }
    line++;
  }

  function startBlock(): void {
    if (offset > 0) room.add(block.subarray(0, offset));
    block = new Uint8Array(BLOCK_ROWS * imageBytes);
    offset = 0;
  }

  /** Names the cell that begins with the digits read so far and goes on at `chunk[at]`. */
  function failCell(chunk: Uint8Array, at: number): never {
    if (column === columns) fail(`expected ${columns} columns, got more`);
    const rest = Buffer.from(chunk.subarray(at, at + 20)).toString();
    const text = (digits === 0 ? '' : String(value).padStart(digits, '0')) + /^[^,\r\n]*/.exec(rest)![0];
    if (column < labelColumns) {
      fail(`expected \`${layout.label}\` to be an integer in 0 … ${layout.classes - 1}, got ${quoted(text)}`);
    }
    const pixel = layout.pixels[column - labelColumns];
    fail(`expected \`${pixel}\` to be an integer in 0 … 255, got ${quoted(text)}`);
  }

  function push(chunk: Uint8Array): void {
    let at = 0;
    if (!header.done) {
      at = header.push(chunk);
      if (!header.done) return;
      line = 2;
      startBlock();
    }
    if (lineFeedDue && at < chunk.length) {
      if (chunk[at++] !== LINE_FEED) fail('expected a line feed after the carriage return');
      lineFeedDue = false;
    }
    for (; at < chunk.length; at++) {
      const digit = chunk[at] - ZERO;
      if (digit >= 0 && digit <= 9) {
        if (digits === MAXIMUM_DIGITS) failCell(chunk, at);
        value = value * 10 + digit;
        digits++;
      } else if (digit === COMMA) {
        endCell();
      } else if (chunk[at] === LINE_FEED) {
        endLine();
      } else if (chunk[at] === CARRIAGE_RETURN) {
        if (at + 1 === chunk.length) lineFeedDue = true;
        else if (chunk[++at] !== LINE_FEED) fail('expected a line feed after the carriage return');
        endLine();
      } else {
        failCell(chunk, at);
      }
    }
  }

  function finish(): PixelRows {
    if (!header.done) header.finish();
    if (column > 0 || digits > 0) endLine();
    if (rows === 0) {
      throw new UserError(`${name}: expected rows of images after the header, got none. Download the file again.`);
    }
    startBlock();
    const known = layout.labelled ? allocateLabels(rows) : null;
    known?.set(labels);
    return { count: rows, pixels: room.end(), labels: known };
  }

  return { push, finish };
}

/** Gathers the first line and compares it with the layout; a longer line than the layout allows ends the reading. */
function headerReader(name: string, layout: PixelLayout) {
  const expected = layout.labelled ? [layout.label, ...layout.pixels] : layout.pixels;
  // Room for a BOM, quotes around every name, the label column where it does not belong, and a carriage return.
  const limit = [layout.label, ...layout.pixels].reduce((length, column) => length + column.length + 3, 8);
  const bytes: number[] = [];

  const reader = {
    done: false,
    /** Index in `chunk` after the header's line feed, or its length if the header goes on. */
    push(chunk: Uint8Array): number {
      for (let at = 0; at < chunk.length; at++) {
        if (chunk[at] === LINE_FEED || bytes.length === limit) {
          check(Buffer.from(bytes));
          reader.done = true;
          return at + 1;
        }
        bytes.push(chunk[at]);
      }
      return chunk.length;
    },
    /** The file ends within its first line. */
    finish(): void {
      if (bytes.length === 0) throw new UserError(`${name}: expected a CSV file, got an empty one. Download it again.`);
      check(Buffer.from(bytes));
    },
  };
  return reader;

  function fail(what: string): never {
    throw new UserError(`${name}:1: ${what}. Put the file there as the competition offers it.`);
  }

  function check(line: Buffer): void {
    if (line[0] === 0x1f && line[1] === 0x8b) fail('expected CSV text, got gzip data; its name should end with .gz');
    if (line.toString('latin1', 0, 4) === 'PK\x03\x04')
      fail('expected CSV text, got a zip; its name should end with .zip');
    const text = line
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .replace(/\r$/, '');
    const columns = text.split(',').map((column) => column.replace(/^"(.*)"$/, '$1'));
    if (!layout.labelled && columns[0] === layout.label && columns[1] === expected[0]) {
      fail(`expected a test file without labels, got a \`${layout.label}\` column (is it the train file?)`);
    }
    if (layout.labelled && columns[0] === expected[1]) {
      fail(`expected the first column to be \`${layout.label}\`, got ${quoted(columns[0])} (is it the test file?)`);
    }
    const wrong = expected.findIndex((column, index) => column !== columns[index]);
    if (wrong >= 0) {
      const found = columns[wrong] === undefined ? 'nothing' : quoted(columns[wrong]);
      fail(`expected column ${wrong + 1} of the header to be \`${expected[wrong]}\`, got ${found}`);
    }
    if (columns.length > expected.length) fail(`expected ${expected.length} columns, got ${columns.length}`);
  }
}
