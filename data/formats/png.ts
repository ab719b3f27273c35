/** Images as PNG files that are named by their ids, `train/1.png`, `train/2.png`, …, and a table with their classes. */

import { findSource } from '../archive.ts';
import { combineDigests, type ImageFormat } from '../format.ts';
import { allocateLabels, imageSize, type ImageShape } from '../images.ts';
import { type LabelEntry, type LabelTable, readLabels } from '../label-table.ts';
import { findNumbered } from '../numbered-files.ts';
import { hashSource, packingOf } from '../source.ts';
import { printable } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { COLOURS, faultOf, readHeader } from './png-check.ts';

const EXTENSION = '.png';

/**
 * @param folder that holds the images, in FOLDER.7z for instance
 * @param table of their classes; null for images that have none
 */
export const png = (folder: string, table: { file: string; columns: LabelTable } | null): ImageFormat => ({
  files: [`${folder}.7z`, ...(table ? [table.file] : [])],
  description: `${folder}.7z or the folder ${folder} that is in it (both also in a .zip)${table ? ` and ${table.file}` : ''}`,
  async find(directory, { shape, classes }) {
    const images = await findNumbered(directory, folder, EXTENSION);
    const labels = table && (await findSource(directory, table.file));
    if (!images) {
      const missing = [`${folder}.7z`, ...(table && !labels ? [table.file] : [])];
      return { missing, beside: labels ? [labels.name] : [] };
    }
    if (table && !labels) return { missing: [table.file], beside: [images.name] };
    return {
      names: [images.name, ...(labels ? [labels.name] : [])],
      meaning: ['png', images.packing, labels && [packingOf(labels), table?.columns]],
      digest: async (signal) =>
        combineDigests([await images.digest(signal), ...(labels ? [await hashSource(labels, signal)] : [])]),
      async read({ room, signal, onImages }) {
        // Loaded when it is needed: half of the time to a first training step is spent on modules.
        const { PNG } = await import('pngjs');
        const answers = labels && (await readLabels(labels, table.columns, classes));
        const size = imageSize(shape);
        const image = new Uint8Array(size);
        let all = 0;
        let done = 0;
        let classOf: Uint16Array<SharedArrayBuffer> | null = null;
        const digest = await images.read(
          (count) => {
            all = count;
            room.reserve(count * size);
            classOf = answers && labelsOf(count, labels.name, answers.entries);
          },
          (name, number, content) => {
            decodeImage((file) => PNG.sync.read(file), name, content, shape, image);
            room.write((number - 1) * size, image);
            done += 1;
            onImages?.(done, all);
          },
          signal,
        );
        return {
          rows: { count: all, pixels: room.end(), labels: classOf },
          digest: combineDigests([digest, ...(answers ? [answers.digest] : [])]),
        };
      },
    };
  },
});

/** Files are numbered from 1, and their numbers are the ids of the table. */
function labelsOf(count: number, name: string, entries: readonly LabelEntry[]): Uint16Array<SharedArrayBuffer> {
  const labels = allocateLabels(count);
  const labelled = new Uint8Array(count);
  for (const { id, label } of entries) {
    const number = Number(id);
    if (!(number >= 1 && number <= count)) {
      throw new UserError(
        `${name}: expected ids of the ${count} images, 1 … ${count}, got ${id}, of which there is no image. ` +
          'Put files that belong together there.',
      );
    }
    labels[number - 1] = label;
    labelled[number - 1] = 1;
  }
  const missing = labelled.indexOf(0);
  if (missing === -1) return labels;
  throw new UserError(
    `${name}: expected a class for each of the ${count} images, got none for ${missing + 1}${EXTENSION}. ` +
      'Put files that belong together there.',
  );
}

/**
 * @param pixels u8[height × width × channels], filled here
 * @throws UserError unless the image has exactly that shape, in 8 bits a channel, and is whole
 */
function decodeImage(
  unpack: (file: Buffer) => { data: Buffer },
  name: string,
  content: Uint8Array,
  { height, width, channels }: ImageShape,
  pixels: Uint8Array,
): void {
  const file = Buffer.from(content.buffer, content.byteOffset, content.length);
  const damaged = (reason: string, cause?: unknown): UserError =>
    new UserError(`${name}: damaged (${printable(reason)}). Download it again.`, { cause });
  // Before it is unpacked, so that a few bytes cannot ask for gigabytes.
  const header = readHeader(file);
  if (!header) throw new UserError(`${name}: expected a PNG, got something else. Download it again.`);
  const colours = COLOURS[header.colours] ?? 'unknown colours';
  const found = `${header.width} × ${header.height} pixels of ${header.depth} bits, ${colours}`;
  const expected = `${width} × ${height} pixels of 8 bits, ${COLOURS[channels === 1 ? 0 : 2]}`;
  if (found !== expected) {
    throw new UserError(`${name}: expected ${expected}, got ${found}. Put the image there as its publisher offers it.`);
  }
  const fault = faultOf(file, header, channels);
  if (fault !== null) throw damaged(fault);
  let data: Buffer;
  try {
    // Four bytes a pixel, whatever the file has.
    ({ data } = unpack(file));
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error), error);
  }
  if (data.length !== 4 * width * height) throw damaged(`${data.length} bytes unpacked`);
  for (let to = 0, from = 0; to < pixels.length; to += channels, from += 4) {
    for (let channel = 0; channel < channels; channel += 1) pixels[to + channel] = data[from + channel];
  }
}
