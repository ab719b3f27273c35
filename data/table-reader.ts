/**
 * Reads tables of images in any of the shapes in which they are published: columns by name or position, with or without
 * a header, pixels in columns of their own or in one, ids and labels as text.
 */

import { printable, quoted } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { placesOf } from './axes.ts';
import { allocateLabels, imageSize, maximumRows, type PixelRows } from './images.ts';
import { PixelRoom } from './pixel-room.ts';
import { cellsOf, type Columns, columnsOf, PIXEL, PIXEL_LIST, SKIP, type TableLayout, TEXT } from './table-columns.ts';

export interface TableReader {
  /** Takes the next bytes of the file in UTF-8, cut anywhere. @throws UserError at the first row that is wrong */
  push(chunk: Uint8Array): void;
  /** Ends the file. @throws UserError if it has no rows, or ends within quotes */
  finish(): PixelRows;
}

const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
const SPACE = 32;
const QUOTE = 34;
const ZERO = 48;

const BLOCK_BYTES = 1 << 20;
/** Longest first line: 150,528 columns, those of 224 × 224 × 3, with names of 25 letters. */
const LONGEST_LINE = 1 << 22;
const LONGEST_CELL = 1000;
const MOST_DIGITS = 9;

/**
 * @param name what messages call the file
 * @param room receives the pixels. Default: in memory
 */
export function createTableReader(name: string, layout: TableLayout, room = new PixelRoom(null)): TableReader {
  const { shape, scale, rows: chosen } = layout;
  const size = imageSize(shape);
  const places = placesOf(shape, layout.order);
  const [low, high] = scale;
  const factor = 255 / (high - low);
  const delimiter = layout.delimiter.charCodeAt(0);
  const wanted = chosen && new Set(chosen.values);
  const blockRows = Math.max(1, Math.floor(BLOCK_BYTES / size));
  const labels: number[] = [];
  const ids: string[] = [];
  const lineOf = new Map<string, number>();
  const parts: string[] = [];

  let columns: Columns | null = null;
  let roles: Uint8Array = new Uint8Array(0);
  let head: Uint8Array[] = [];
  let headBytes = 0;

  // The row and the cell being read.
  let row = 0;
  let line = 1;
  let column = 0;
  let pixel = 0;
  let value = 0;
  let digits = 0;
  let other: number[] = [];
  let inQuotes = false;
  let wasQuoted = false;
  let isEmptyCell = true;
  let isBlank = true;
  const texts = { id: '', label: '', chooser: '', part: '' };
  let block = new Uint8Array(0);
  let offset = 0;

  function fail(what: string): never {
    throw new UserError(`${name}:${line}: ${what}. Correct that line, or the description of the competition.`);
  }

  function putPixel(): void {
    let number = value;
    if (other.length > 0) {
      const text = cellText().trim();
      number = text === '' ? NaN : Number(text);
    } else if (digits === 0) number = NaN;
    if (!(number >= low && number <= high)) {
      const text = other.length > 0 ? cellText() : digits > 0 ? String(value) : '';
      fail(`expected pixels from ${low} to ${high}, got ${quoted(text, 40)} in column ${column + 1}`);
    }
    if (pixel === size) fail(`expected ${size} pixels, got more`);
    block[offset + places[pixel++]] = Math.round((number - low) * factor);
  }

  /** Digits that were read as a number come before the rest of a text. */
  function cellText(): string {
    return Buffer.from(other).toString();
  }

  function endCell(): void {
    if (column === roles.length) fail(`expected ${roles.length} columns, got more`);
    const role = roles[column];
    if (role === PIXEL || (role === PIXEL_LIST && (digits > 0 || other.length > 0))) putPixel();
    else if (role === TEXT) {
      const text = cellText().trim();
      if (column === columns!.id) texts.id = text;
      if (column === columns!.label) texts.label = text;
      if (column === columns!.chooser) texts.chooser = text;
      if (column === columns!.part) texts.part = text;
    }
    nextCell();
    column += 1;
    wasQuoted = false;
    isEmptyCell = true;
  }

  function nextCell(): void {
    value = 0;
    digits = 0;
    if (other.length > 0) other = [];
  }

  function endLine(): void {
    if (!isBlank) {
      // A separator at the end of a line, as some programs write it.
      if (delimiter !== SPACE || !isEmptyCell) endCell();
      if (column < roles.length) fail(`expected ${roles.length} columns, got ${column}`);
      if (wanted === null || wanted.has(texts.chooser)) keepRow();
    }
    column = 0;
    pixel = 0;
    isBlank = true;
    line += 1;
  }

  function keepRow(): void {
    if (pixel < size) fail(`expected ${size} pixels, got ${pixel}`);
    if (row === maximumRows) fail(`expected at most ${maximumRows} images in one file, got more`);
    if (columns!.label >= 0) {
      const label = layout.classOf(texts.label);
      if (label === undefined) fail(`expected the label to be ${layout.labelChoices}, got ${quoted(texts.label, 40)}`);
      labels.push(label);
    }
    if (columns!.id >= 0) {
      if (texts.id === '') fail('expected an id, got nothing');
      if (layout.eachIdOnce) expectNewId(texts.id);
      ids.push(texts.id);
    }
    if (columns!.part >= 0) {
      if (texts.part === '') fail('expected a group or a fold, got nothing');
      parts.push(texts.part);
    }
    row += 1;
    offset += size;
    if (offset === block.length) startBlock();
  }

  function expectNewId(id: string): void {
    const earlier = lineOf.get(id);
    if (earlier !== undefined) fail(`expected every id once, got ${quoted(id, 60)} as on line ${earlier}`);
    lineOf.set(id, line);
  }

  function startBlock(): void {
    if (offset > 0) room.add(block.subarray(0, offset));
    block = new Uint8Array(blockRows * size);
    offset = 0;
  }

  function push(chunk: Uint8Array): void {
    if (columns) return pushRows(chunk);
    const end = chunk.indexOf(LINE_FEED);
    headBytes += end === -1 ? chunk.length : end;
    if (headBytes > LONGEST_LINE) throw notATable(name, 'a longer first line');
    head.push(Uint8Array.from(end === -1 ? chunk : chunk.subarray(0, end + 1)));
    if (end === -1) return;
    start();
    pushRows(chunk.subarray(end + 1));
  }

  /** The first line is there. */
  function start(): void {
    const bytes = Buffer.concat(head);
    if (bytes.includes(0)) throw notATable(name, 'something that is no text');
    const first = bytes.toString().replace(/^\uFEFF/, '');
    const cells = cellsOf(first, layout.delimiter);
    columns = columnsOf(name, cells, layout);
    ({ roles } = columns);
    startBlock();
    head = [];
    if (layout.header) line = 2;
    else pushRows(Buffer.from(first));
  }

  function pushRows(chunk: Uint8Array): void {
    for (const byte of chunk) {
      const digit = byte - ZERO;
      const role = roles[column];
      if (digit >= 0 && digit <= 9 && role < TEXT && role !== SKIP && other.length === 0 && digits < MOST_DIGITS) {
        value = value * 10 + digit;
        digits += 1;
        isBlank = false;
        isEmptyCell = false;
      } else if (inQuotes) {
        if (byte === QUOTE) inQuotes = false;
        else takeByte(byte, role);
      } else if (byte === delimiter) {
        // Several spaces are one.
        if (delimiter !== SPACE || !isEmptyCell) {
          isBlank = false;
          endCell();
        }
      } else if (byte === LINE_FEED) {
        endLine();
      } else if (byte === QUOTE) {
        // Twice within quotes it stands for itself.
        if (wasQuoted) other.push(byte);
        inQuotes = true;
        wasQuoted = true;
        isBlank = false;
        isEmptyCell = false;
      } else if (byte !== CARRIAGE_RETURN) {
        takeByte(byte, role);
      }
    }
  }

  function takeByte(byte: number, role: number): void {
    if (role === PIXEL_LIST && byte === SPACE) {
      if (digits > 0 || other.length > 0) putPixel();
      nextCell();
      return;
    }
    if (byte !== SPACE) isBlank = false;
    isEmptyCell = false;
    if (role === SKIP) return;
    if (digits > 0) {
      other.push(...Buffer.from(String(value).padStart(digits, '0')));
      value = 0;
      digits = 0;
    }
    if (other.length === LONGEST_CELL) fail(`expected at most ${LONGEST_CELL} letters in a cell, got more`);
    other.push(byte);
  }

  function finish(): PixelRows {
    if (!columns && headBytes > 0) start();
    if (inQuotes) fail('expected the end of the quotes, got the end of the file');
    if (!isBlank) endLine();
    if (row === 0) {
      const where = chosen
        ? ` with ${printable(chosen.values.join(' or '), 60)} in \`${printable(String(chosen.column))}\``
        : '';
      throw new UserError(`${name}: expected rows of images${where}, got none. Put the right file there.`);
    }
    startBlock();
    const known = columns!.label >= 0 ? allocateLabels(row) : null;
    known?.set(labels);
    return {
      count: row,
      pixels: room.end(),
      labels: known,
      ...(columns!.id >= 0 && { ids }),
      ...(columns!.part >= 0 && { parts }),
    };
  }

  return { push, finish };
}

const notATable = (name: string, found: string): UserError =>
  new UserError(`${name}: expected a table of text, got ${found}. Put the right file there.`);
