/**
 * The IDX files of MNIST and of data sets in its form: one file of grey images, and one of labels.
 *
 * A header of big-endian 32-bit numbers, the magic number and the length of each dimension, then one byte a value.
 * Source: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits, "File formats".
 */

import { findSource } from '../archive.ts';
import { combineDigests, type ImageFormat } from '../format.ts';
import { allocateRows, type ImageShape, maximumRows, type PixelRows, type RowsInMemory } from '../images.ts';
import { labelChoices, labelReader, type LabelTexts } from '../label-table.ts';
import { hashSources, packingOf, readSource, type Source } from '../source.ts';
import { placesOf } from '../axes.ts';
import { UserError } from '../../base/user-error.ts';

const WORD_BYTES = 4;
/** Bytes without sign (8), and the number of dimensions. */
const IMAGES = 0x803;
const LABELS = 0x801;
const REMEDY = 'Download it again.';

export interface IdxFiles {
  readonly images: string;
  /** Null for images without labels. */
  readonly labels: string | null;
  /** WHC for transposed images, as EMNIST has them. */
  readonly order?: 'HWC' | 'WHC';
}

/** @param textsOf how the file writes labels */
export function idx(
  { images: imageFile, labels: labelFile, order = 'HWC' }: IdxFiles,
  textsOf: LabelTexts = 'index',
): ImageFormat {
  const files = labelFile === null ? [imageFile] : [imageFile, labelFile];
  return {
    files,
    description: `${files.join(' and ')} (plain, .gz or in an archive)`,
    async find(directory, { shape, classes, labelled }) {
      const images = await findIdx(directory, imageFile);
      const labels = labelled && labelFile !== null ? await findIdx(directory, labelFile) : null;
      if (!images) return labels ? { missing: [imageFile], beside: [labelFile!] } : { missing: files, beside: [] };
      if (labelled && !labels) return { missing: [labelFile!], beside: [imageFile] };

      const sources = labels ? [images, labels] : [images];
      return {
        names: sources.map(({ name }) => name),
        meaning: ['idx', ...sources.map(packingOf), order, textsOf],
        digest: async (signal) => combineDigests(await hashSources(sources, signal)),
        async read() {
          const { rows, digest } = await readImages(images, shape, labelled);
          if (order !== 'HWC') reorder(rows, shape, order);
          if (!labels) return { rows, digest: combineDigests([digest]) };
          const labelDigest = await readLabels(labels, rows, images.name, classes, textsOf);
          return { rows, digest: combineDigests([digest, labelDigest]) };
        },
      };
    },
  };
}

/** Some mirrors have a dot in the place of the second dash. */
const findIdx = (directory: string, file: string): Promise<Source | null> =>
  findSource(directory, file, file.replace('-idx', '.idx'));

/** Values into the places where the program has them. */
function reorder({ count, pixels }: RowsInMemory, shape: ImageShape, order: 'HWC' | 'WHC'): void {
  const places = placesOf(shape, order);
  const image = new Uint8Array(places.length);
  for (let row = 0; row < count; row += 1) {
    const values = pixels.subarray(row * places.length, (row + 1) * places.length);
    for (const [i, place] of places.entries()) image[place] = values[i];
    values.set(image);
  }
}

async function readImages(
  source: Source,
  { height, width }: ImageShape,
  labelled: boolean,
): Promise<{ rows: RowsInMemory; digest: string }> {
  let rows: RowsInMemory | null = null;
  const digest = await readValues(source, IMAGES, (count, lengths) => {
    if (lengths.join() !== [height, width].join()) {
      throw new UserError(
        `${source.name}: expected images of ${height} × ${width} bytes, got ${lengths.join(' × ')}. ` +
          'Put the files of this competition there.',
      );
    }
    rows = allocateRows(count, height * width, labelled);
    return rows.pixels;
  });
  return { rows: rows!, digest };
}

/** Reads labels into the rows that the images have made. */
async function readLabels(
  source: Source,
  { count, labels }: PixelRows,
  images: string,
  classes: readonly string[],
  textsOf: LabelTexts,
) {
  const digest = await readValues(source, LABELS, (found) => {
    if (found === count) return labels!;
    throw new UserError(
      `${source.name}: expected ${count} labels, one for each image of ${images}, got ${found}. ` +
        'Put two files that belong together there.',
    );
  });
  const classOf = labelReader(textsOf, classes);
  const known = Array.from({ length: 256 }, (_, value) => classOf(String(value)));
  const wrong = labels!.findIndex((label) => known[label] === undefined);
  if (wrong >= 0) {
    const expected = textsOf === 'index' ? `in 0 … ${classes.length - 1}` : labelChoices(textsOf, classes);
    throw new UserError(
      `${source.name}: expected labels ${expected}, got ${labels![wrong]} for image ${wrong + 1}. ${REMEDY}`,
    );
  }
  for (const [i, label] of labels!.entries()) labels![i] = known[label]!;
  return digest;
}

/**
 * Reads one file, value by value, into the room that `prepare` makes once the header is known. A count that is a lie
 * takes no memory: what is not written stays with the system.
 * @returns SHA-256 of the stored bytes
 */
async function readValues(
  source: Source,
  magic: number,
  prepare: (count: number, lengths: readonly number[]) => Uint8Array | Uint16Array,
): Promise<string> {
  const { name } = source;
  const header = Buffer.alloc(WORD_BYTES * (1 + (magic & 0xff)));
  let headerBytes = 0;
  let values: Uint8Array | Uint16Array | null = null;
  let read = 0;
  const digest = await readSource(source, (chunk) => {
    const head = chunk.subarray(0, header.length - headerBytes);
    header.set(head, headerBytes);
    headerBytes += head.length;
    if (headerBytes < header.length) return;
    values ??= prepare(...checkHeader(name, header, magic));
    const body = chunk.subarray(head.length);
    if (read + body.length > values.length) {
      throw new UserError(`${name}: expected ${header.length + values.length} bytes, got more. ${REMEDY}`);
    }
    values.set(body, read);
    read += body.length;
  });
  if (values === null) {
    throw new UserError(`${name}: expected a header of ${header.length} bytes, got ${headerBytes}. ${REMEDY}`);
  }
  const { length }: Uint8Array | Uint16Array = values;
  if (read < length) {
    throw new UserError(
      `${name}: cut off, expected ${header.length + length} bytes, got ${header.length + read}. ${REMEDY}`,
    );
  }
  return digest;
}

/** @returns the number of images or labels, and the lengths of an image */
function checkHeader(name: string, header: Buffer, magic: number): [count: number, lengths: number[]] {
  const found = header.readUInt32BE();
  if (found !== magic) {
    throw new UserError(
      `${name}: expected ${contentOf(magic)}, got ${contentOf(found)}. ` +
        'Put the file there as its publisher offers it.',
    );
  }
  const [count, ...lengths] = Array.from({ length: header.length / WORD_BYTES - 1 }, (_, dimension) =>
    header.readUInt32BE(WORD_BYTES * (dimension + 1)),
  );
  if (count >= 1 && count <= maximumRows) return [count, lengths];
  throw new UserError(`${name}: expected 1 to ${maximumRows} images in one file, got ${count}. ${REMEDY}`);
}

function contentOf(magic: number): string {
  const hexadecimal = `magic number 0x${magic.toString(16).padStart(8, '0')}`;
  if (magic === IMAGES) return `images (${hexadecimal})`;
  if (magic === LABELS) return `labels (${hexadecimal})`;
  return magic >>> 16 === 0x1f8b ? 'gzip data, whose name should end with .gz' : `something else (${hexadecimal})`;
}
