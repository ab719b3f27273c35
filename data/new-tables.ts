/** Tables of images that are no part of a competition: each row is an image of the size that a network saw. */

import { basename, dirname } from 'node:path';
import { pixelSize } from '../base/format.ts';
import { quoted } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { findUnzipped } from './archive.ts';
import type { ImageForm } from './competition.ts';
import { isNumber } from './in-order.ts';
import { imageSize, type ImageShape, type PixelRows } from './images.ts';
import { asImageTable, type ImageTable, pixelColumnsOf, scaleOf, type Table } from './propose/tables.ts';
import { eachLine, type Sample, sampleOf } from './propose/lines.ts';
import { readSource, type Source } from './source.ts';
import { cellsOf } from './table-columns.ts';
import { createTableReader } from './table-reader.ts';
import { utf8Pieces } from '../base/text.ts';

export const isTableName = (name: string): boolean => /\.(csv|tsv|txt)(\.gz)?$/i.test(name);

export interface NewTable {
  readonly rows: PixelRows;
  /** Values of black and white, where they are not those of the competition. */
  readonly scale: readonly [number, number] | null;
  /** What had to be guessed, in a sentence. */
  readonly note: string | null;
}

/**
 * Reads a table with or without a header, an id first or under a name such as `id`, labels under a name such as `label`,
 * which are passed over, and the pixels in columns of their own or in one.
 * @throws UserError if it is missing, no table, or has another number of pixels
 */
export async function readNewTable(file: string, shape: ImageShape, form: ImageForm): Promise<NewTable> {
  const source = await findTable(file);
  const { image, note } = await layoutOf(source, shape);
  const { table, id, label, list } = image;
  const { scale: found } = await scaleOf(image);
  // Fractions cannot be bytes; all else is as the competition writes it.
  const areBytes = form.scale.join() === '0,255';
  const isOther = areBytes && ['0,1', '-1,1'].includes(found.join());
  const place = (at: number): number | null => (at < 0 ? null : at + 1);
  const reader = createTableReader(source.name, {
    header: table.header !== null,
    delimiter: table.delimiter,
    rows: null,
    id: place(id),
    // Read as a text, so that it is no pixel.
    label: place(label),
    pixels: list >= 0 ? { column: list + 1 } : pixelColumnsOf(image, label),
    part: null,
    eachIdOnce: false,
    scale: isOther ? found : [...form.scale],
    order: form.order,
    shape,
    classOf: () => 0,
    labelChoices: 'any text',
  });
  const pieces = utf8Pieces();
  await readSource(source, (chunk) => reader.push(pieces.push(chunk)));
  reader.push(pieces.end());
  return { rows: reader.finish(), scale: isOther ? found : null, note };
}

async function findTable(file: string): Promise<Source> {
  const source = await findUnzipped(dirname(file), [basename(file)]);
  if (source) return source;
  throw new UserError(`${quoted(file)}: expected a table of images, found no such file. Name another one.`);
}

async function layoutOf(source: Source, shape: ImageShape): Promise<{ image: ImageTable; note: string | null }> {
  const size = imageSize(shape);
  const wanted = `images of ${pixelSize(shape)}${shape.channels === 3 ? ' × 3' : ''}, so ${size} pixels in a row`;
  const fail = (found: string): UserError =>
    new UserError(
      `${source.name}: expected ${wanted}, as the network saw them, got ${found}. Name a table of such images, or the images as files.`,
    );
  if ((await firstLines(source)).length === 0) throw fail('an empty file');
  const sample = (await sampleOf(source)) ?? (await onlyLine(source));
  if (sample === null) throw fail('no table whose lines have equally many cells');
  const table: Table = { ...sample, file: basename(source.path), source, columns: sample.rows[0].length };
  const image = asImageTable(table, null);
  const odd = table.ragged ?? image?.odd ?? null;
  if (odd !== null) throw new UserError(odd);
  if (image === null) {
    const areNumbers = sample.rows.every((row) => row.every(isNumber));
    throw fail(`${table.columns} columns${areNumbers ? '' : ', some of them texts'}`);
  }
  if (image.size === size) return { image, note: null };
  const isFirstAnId = image.size === size + 1 && image.id === -1 && image.label === -1 && image.list === -1;
  if (!isFirstAnId) throw fail(`${image.size}`);
  const note = `${source.name}: each row has a number more than pixels: the first one was taken for its id.`;
  return { image: { ...image, id: 0, size }, note };
}

/** Up to two lines that are not blank. */
async function firstLines(source: Source): Promise<string[]> {
  const lines: string[] = [];
  await eachLine(source, (line) => {
    if (line.trim() !== '') lines.push(line.replace(/^\uFEFF/, ''));
    return lines.length > 1;
  });
  return lines;
}

/** A table of one row without a header. */
async function onlyLine(source: Source): Promise<Sample | null> {
  const lines = await firstLines(source);
  if (lines.length !== 1) return null;
  for (const delimiter of [',', ';', '\t', ' '] as const) {
    const cells = cellsOf(lines[0], delimiter);
    if (cells.length > 1) return { delimiter, header: null, rows: [cells], lines: [1], ragged: null };
  }
  return null;
}
