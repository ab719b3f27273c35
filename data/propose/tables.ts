/** Proposes what tables of images and tables of names mean. */

import { basename } from 'node:path';
import { quoted } from '../../base/printable.ts';
import { readEach } from '../../base/read-each.ts';
import {
  type Column,
  MOST_CLASSES,
  type SourceDescription,
  type TableDescription,
  type WrittenDescription,
} from '../description.ts';
import type { Source } from '../source.ts';
import { cellsOf } from '../table-columns.ts';
import { type Inventory, sourceIn } from './inventory.ts';
import { inOrder, isNumber } from '../in-order.ts';
import { eachRow, type Sample, sampleOf } from './lines.ts';
import { PixelValues, type Scale, topOf } from './pixel-values.ts';

export interface Table extends Sample {
  /** Path below the data folder. */
  readonly file: string;
  readonly source: Source;
  readonly columns: number;
}

/** A table whose rows are images. */
export interface ImageTable {
  readonly table: Table;
  readonly id: number;
  readonly label: number;
  readonly usage: number;
  /** The one column with all pixels; −1 where each has its own. */
  readonly list: number;
  /** Values of an image. */
  readonly size: number;
  /** Sentence on the first pixel that is no number; null for none. */
  readonly odd: string | null;
}

const TABLE_NAME = /\.(csv|tsv|txt|data|dat|tra|tes|train|test)$/i;
export const isTableFile = (path: string): boolean => TABLE_NAME.test(path);
const SAMPLE_NAME = /sample.{0,3}sub|submission/i;
const ID_NAME =
  /^(|id|.*_id|image.?id|id.?code|index|unnamed: 0|file|files|file.?name|img|image|image.?name|filenames?|path)$/i;
const LABEL_NAME =
  /^(labels?|class(es)?|target|digit|letter|emotion|character|y|species|category|level|diagnosis|breed|dx|has_.*|is_.*|fine_label)$/i;
const USAGE_NAME = /^(usage|split|subset|fold_name|partition|data_?set|is_?(train|test|val|valid|validation)(ing)?)$/i;
export const GROUP_NAME = /^((patient|subject|lesion|driver|person|speaker|user|group)s?(_?id|_?name)?|.*_group)$/i;
export const FOLD_NAME = /^(k_?)?folds?$/i;
export const isIdName = (name: string): boolean => ID_NAME.test(name);
export const isLabelName = (name: string): boolean => LABEL_NAME.test(name);
export const isUsageName = (name: string): boolean => USAGE_NAME.test(name);
export const isPartName = (name: string): boolean => GROUP_NAME.test(name) || FOLD_NAME.test(name);
const LEAST_PIXELS = 16;
const MOST_TABLES = 200;

export interface Tables {
  readonly all: readonly Table[];
  readonly sample: Table | null;
  readonly solution: Table | null;
  /** Sentences on files that are called like tables and cannot be read. */
  readonly faults: readonly string[];
}

/** The files of all these tables. */
export const filesOf = ({ all, sample, solution }: Tables): ReadonlySet<string | undefined> =>
  new Set([...all, sample, solution].map((table) => table?.file));

/** Looks at all tables of the folder. */
export async function lookAtTables({ directory, files }: Inventory): Promise<Tables> {
  const named = files.filter(isTableFile).slice(0, MOST_TABLES);
  const { found, unreadable: faults } = await readEach(named, (file) => lookAtTable(directory, file));
  const all = found.filter((table) => table !== null);
  const sample = all.find(({ file, header }) => header && SAMPLE_NAME.test(basename(file))) ?? null;
  const solution = all.find(({ file, header }) => header && /^solution/i.test(basename(file))) ?? null;
  return { all: all.filter((table) => table !== sample && table !== solution), sample, solution, faults };
}

/** @returns null for what is no table @throws UserError if it cannot be read */
async function lookAtTable(directory: string, file: string): Promise<Table | null> {
  const source = await sourceIn(directory, file);
  const sample = await sampleOf(source);
  return sample && { ...sample, file, source, columns: sample.rows[0].length };
}

/** Names of the columns of a submission; null without a sample. */
export const submissionColumns = (sample: Table | null): { id: string; label: string } | null =>
  sample?.header ? { id: sample.header[0], label: sample.header[1] } : null;

export const nameOf = ({ header }: Table, place: number): Column =>
  header && header[place] !== '' && header.indexOf(header[place]) === place ? header[place] : place + 1;

const textOf = ({ header }: Table, place: number): string => header?.[place] ?? '';

/** @returns null if its rows are no images */
export function asImageTable(table: Table, labelName: string | null): ImageTable | null {
  const { header, rows, columns } = table;
  const places = [...Array(columns).keys()];
  const isPixels = (cell: string): boolean => /^\d+( \d+){15,}$/.test(cell.trim());
  const list = places.findIndex((place) => isPixels(rows[0][place]));
  const named = (name: RegExp): number => (header ? places.findIndex((place) => name.test(textOf(table, place))) : -1);
  const asSubmitted = header && labelName !== null ? header.indexOf(labelName) : -1;
  const label = Math.max(asSubmitted, named(LABEL_NAME));
  const usage = named(USAGE_NAME);
  const numeric = places.filter((place) => isMostlyNumbers(rows, place));
  let id = header ? (places.find((place) => place !== label && ID_NAME.test(textOf(table, place))) ?? -1) : -1;
  if (list >= 0) {
    if (id === list) id = -1;
    return { table, id, label, usage, list, size: rows[0][list].trim().split(' ').length, odd: null };
  }
  const parts = places.filter((place) => isPartName(textOf(table, place)));
  const known = [id, label, usage, ...parts];
  const pixels = numeric.filter((place) => !known.includes(place));
  const others = places.filter((place) => ![...known, ...pixels].includes(place));
  if (pixels.length < LEAST_PIXELS) return null;
  // One text among numbers is the label, wherever it is and whatever it is called.
  if (others.length === 1 && label === -1)
    return { table, id, label: others[0], usage, list, size: pixels.length, odd: oddPixel(table, pixels) };
  if (others.length > 0) return null;
  return { table, id, label, usage, list, size: pixels.length, odd: oddPixel(table, pixels) };
}

/** So many of a hundred cells may be no numbers in a column of pixels, and one always. */
const MOST_ODD = 2;

function isMostlyNumbers(rows: Table['rows'], place: number): boolean {
  const odd = rows.reduce((count, row) => count + Number(!isNumber(row[place])), 0);
  return odd === 0 || (rows.length > 2 && odd <= Math.max(1, (MOST_ODD * rows.length) / 100));
}

function oddPixel(table: Table, pixels: readonly number[]): string | null {
  for (const [i, row] of table.rows.entries()) {
    const place = pixels.find((one) => !isNumber(row[one]));
    if (place === undefined) continue;
    return (
      `${table.source.name}:${table.lines[i]}: expected a number in column ${nameOf(table, place)}, ` +
      `got ${quoted(row[place], 40)}. Correct that line.`
    );
  }
  return null;
}

/** Classes occur about equally often, pixels at a corner of an image hardly: least entropy of a label, as a share. */
const LEAST_EVENNESS = 0.3;

/**
 * In a table without names the label is the first or the last column: the one whose values occur about equally often.
 * Where both do, as with pixels that are noise, it is the one with fewer values, and that is a guess.
 */
export async function labelWithoutHeader({
  table,
  size,
}: ImageTable): Promise<{ readonly place: number; readonly isGuess: boolean }> {
  const shares = [new Map<string, number>(), new Map<string, number>()];
  let rows = 0;
  await eachRow(table.source, (line) => {
    const cells = cellsAtEnds(line, table.delimiter);
    if (cells) {
      rows += 1;
      for (const [i, cell] of cells.entries()) shares[i].set(cell, (shares[i].get(cell) ?? 0) + 1);
    }
    return false;
  });
  // Nor are fractions labels.
  const isFraction = (cell: string): boolean => isNumber(cell) && !Number.isInteger(Number(cell));
  const evenness = shares.map((counts) => ([...counts.keys()].some(isFraction) ? 0 : evennessOf(counts, rows)));
  const isGuess = evenness.every((value) => value >= LEAST_EVENNESS);
  const isFirst = isGuess ? shares[0].size <= shares[1].size : evenness[0] >= evenness[1];
  return { place: isFirst ? 0 : size - 1, isGuess };
}

/** Entropy of the values over that of values that occur equally often, in [0, 1]. */
function evennessOf(counts: ReadonlyMap<string, number>, total: number): number {
  if (counts.size < 2) return 0;
  const entropy = [...counts.values()].reduce((sum, count) => sum - (count / total) * Math.log(count / total), 0);
  return entropy / Math.log(counts.size);
}

function cellsAtEnds(line: string, delimiter: string): [string, string] | null {
  const text = line.trim();
  if (text === '') return null;
  return [text.slice(0, text.indexOf(delimiter)).trim(), text.slice(text.lastIndexOf(delimiter) + 1).trim()];
}

/** The different values of a column, in the whole file. @returns null if they are too many for classes */
export async function valuesOf(table: Table, place: number, most = MOST_CLASSES): Promise<string[] | null> {
  const { source, delimiter, columns } = table;
  const values = new Set<string>();
  let isFirst = table.header !== null;
  await eachRow(source, (line) => {
    if (isFirst || line.trim() === '') {
      isFirst = false;
      return false;
    }
    const isWhole = table.ragged === null && !line.includes('"');
    const ends = isWhole && (place === 0 || place === columns - 1) ? cellsAtEnds(line, delimiter) : null;
    const cells = ends ? null : cellsOf(line, delimiter);
    // A row that is wrong says nothing; its reader will name it.
    if (cells && cells.length !== columns) return false;
    values.add(ends ? ends[place === 0 ? 0 : 1] : cells![place]);
    return values.size > most;
  });
  return values.size > most ? null : inOrder([...values]);
}

/** The image that so many values make, and how sure that is. */
export function shapeOf(size: number): { shape: Draft['shape']; isGuess: boolean } | null {
  const side = Math.sqrt(size);
  if (Number.isInteger(side)) return { shape: { height: side, width: side, channels: 1 }, isGuess: false };
  const third = Math.sqrt(size / 3);
  if (Number.isInteger(third)) return { shape: { height: third, width: third, channels: 3 }, isGuess: false };
  return size <= 1024 ? { shape: { height: 1, width: size, channels: 1 }, isGuess: true } : null;
}

/** The scale that the pixels of the file suggest, and a sentence on the few that lie outside; null for none. */
export async function scaleOf(image: ImageTable): Promise<{ scale: Scale; stray: string | null }> {
  const { table } = image;
  const look = pixelsOf(image);
  const first = new PixelValues();
  for (const [i, row] of table.rows.entries()) look(first, row, table.lines[i]);
  if (first.low >= 0 && first.high <= 255 && first.high > 16 && first.isWhole) return { scale: [0, 255], stray: null };
  // Something else: then the whole file decides.
  const all = new PixelValues();
  let isFirst = table.header !== null;
  await eachRow(table.source, (line, number) => {
    if (!isFirst && line.trim() !== '') look(all, cellsOf(line, table.delimiter), number);
    isFirst = false;
    return false;
  });
  return all.suggest(usualScale(all));
}

function usualScale({ low, high, isWhole }: PixelValues): Scale | null {
  if (low >= 0 && high <= 1) return [0, 1];
  if (low >= -1 && low < 0 && high <= 1) return [-1, 1];
  return low >= 0 && isWhole && high <= 255 ? [0, topOf(high)] : null;
}

/** @returns a function that adds the pixels of a row */
function pixelsOf({
  table,
  list,
  id,
  label,
  usage,
}: ImageTable): (values: PixelValues, row: readonly string[], line: number) => void {
  const isOther = (place: number): boolean => [id, label, usage].includes(place) || isPartName(textOf(table, place));
  const places = [...Array(table.columns).keys()].filter((place) => !isOther(place));
  return (values, row, line) => {
    const cells = list >= 0 ? (row[list] ?? '').trim().split(' ') : places.map((place) => row[place]);
    for (const [i, cell] of cells.entries()) {
      values.add(
        Number(cell),
        () => `${table.source.name}:${line}, column ${nameOf(table, list >= 0 ? list : places[i])}`,
      );
    }
  };
}

/** @param rows of which values of a column it takes */
export function describeTable(
  image: ImageTable,
  label: number,
  scale: [number, number],
  rows: { column: Column; values: string[] } | null,
  places: { id: number },
): Extract<SourceDescription, { format: 'table' }> {
  const { table, list } = image;
  const isTransposed = /emnist/i.test(table.file);
  return {
    format: 'table',
    file: table.file,
    header: table.header !== null,
    delimiter: table.delimiter,
    rows,
    id: places.id >= 0 ? nameOf(table, places.id) : null,
    label: label >= 0 ? nameOf(table, label) : null,
    pixels: list >= 0 ? { column: nameOf(table, list) } : pixelColumnsOf(image, label),
    scale,
    order: isTransposed ? 'WHC' : 'HWC',
  };
}

/** All others, or those from the first to the last where groups and folds have columns too. */
export function pixelColumnsOf({ table, id, usage }: ImageTable, label: number): TableDescription['pixels'] {
  const { header, columns } = table;
  if (!header?.some(isPartName)) return 'others';
  const isPixel = (place: number): boolean => ![id, label, usage].includes(place) && !isPartName(header[place]);
  const places = [...Array(columns).keys()].filter(isPixel);
  return { from: nameOf(table, places[0]), to: nameOf(table, places[places.length - 1]) };
}

export type Draft = Pick<WrittenDescription, 'shape' | 'classes' | 'train' | 'test' | 'group' | 'fold'> & {
  readonly labels?: WrittenDescription['labels'];
  readonly images?: WrittenDescription['images'];
};
