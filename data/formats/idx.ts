/**
 * The IDX files of MNIST and of data sets in its form: one file of grey images, and one of labels.
 *
 * A header of big-endian 32-bit numbers, the magic number and the length of each dimension, then one byte a value.
 * Source: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits, "File formats".
 */

import { findSource } from '../archive.ts';
import { combineDigests, type ImageFormat, type Reading } from '../format.ts';
import { allocateLabels, type ImageShape, maximumRows } from '../images.ts';
import { labelChoices, labelReader, type LabelTexts } from '../label-table.ts';
import { hashSources, packingOf, readSource, type Source } from '../source.ts';
import { placesOf } from '../axes.ts';
import { UserError } from '../../base/user-error.ts';
import { wholeItems } from '../whole-items.ts';

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
        async read({ room, signal }) {
          const { count, digest } = await readImages(images, shape, order, { room, signal });
          if (!labels) return { rows: { count, pixels: room.end(), labels: null }, digest: combineDigests([digest]) };
          const known = allocateLabels(count);
          const labelDigest = await readLabels(labels, known, images.name, classes, textsOf);
          return { rows: { count, pixels: room.end(), labels: known }, digest: combineDigests([digest, labelDigest]) };
        },
      };
    },
  };
}

/** Some mirrors have a dot in the place of the second dash. */
const findIdx = (directory: string, file: string): Promise<Source | null> =>
  findSource(directory, file, file.replace('-idx', '.idx'));

async function readImages(
  source: Source,
  shape: ImageShape,
  order: 'HWC' | 'WHC',
  { room, signal }: Pick<Reading, 'room' | 'signal'>,
): Promise<{ count: number; digest: string }> {
  const { height, width } = shape;
  const size = height * width;
  let count = 0;
  const prepare = (found: number, lengths: readonly number[]): Values => {
    if (lengths.join() !== [height, width].join()) {
      throw new UserError(
        `${source.name}: expected images of ${height} × ${width} bytes (rows × columns), got ` +
          `${lengths.join(' × ')}. ` +
          'Put the files of this competition there.',
      );
    }
    count = found;
    room.reserve(count * size);
    const write =
      order === 'HWC'
        ? (values: Uint8Array, at: number) => room.write(at, values)
        : (values: Uint8Array, at: number) => room.write(at, reordered(values, shape, order));
    const take = wholeItems(size, write);
    return { length: count * size, set: take };
  };
  const digest = await readValues(source, IMAGES, prepare, signal);
  return { count, digest };
}

/** Values of whole images in the places where the program has them. */
function reordered(values: Uint8Array, shape: ImageShape, order: 'HWC' | 'WHC'): Uint8Array {
  const places = placesOf(shape, order);
  const result = new Uint8Array(values.length);
  for (let first = 0; first < values.length; first += places.length) {
    for (let i = 0; i < places.length; i += 1) result[first + places[i]] = values[first + i];
  }
  return result;
}

/** @param labels of which there must be as many as images @param images name of their file, for messages */
async function readLabels(
  source: Source,
  labels: Uint16Array,
  images: string,
  classes: readonly string[],
  textsOf: LabelTexts,
) {
  const digest = await readValues(source, LABELS, (found) => {
    if (found === labels.length) return labels;
    throw new UserError(
      `${source.name}: expected ${labels.length} labels, one for each image of ${images}, got ${found}. ` +
        'Put two files that belong together there.',
    );
  });
  const classOf = labelReader(textsOf, classes);
  const known = Array.from({ length: 256 }, (_, value) => classOf(String(value)));
  const wrong = labels.findIndex((label) => known[label] === undefined);
  if (wrong >= 0) {
    const expected = textsOf === 'index' ? `in 0 … ${classes.length - 1}` : labelChoices(textsOf, classes);
    throw new UserError(
      `${source.name}: expected labels ${expected}, got ${labels[wrong]} for image ${wrong + 1}. ${REMEDY}`,
    );
  }
  for (const [i, label] of labels.entries()) labels[i] = known[label]!;
  return digest;
}

/** Room for values, which come in order. */
interface Values {
  readonly length: number;
  set(values: Uint8Array, at: number): void;
}

/**
 * Reads one file, value by value, into the room that `prepare` makes once the header is known. A count that is a lie
 * takes no memory: what is not written stays with the system.
 * @returns SHA-256 of the stored bytes
 */
async function readValues(
  source: Source,
  magic: number,
  prepare: (count: number, lengths: readonly number[]) => Values,
  signal?: AbortSignal,
): Promise<string> {
  const { name } = source;
  const header = Buffer.alloc(WORD_BYTES * (1 + (magic & 0xff)));
  let headerBytes = 0;
  let values: Values | null = null;
  let read = 0;
  const digest = await readSource(
    source,
    (chunk) => {
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
    },
    { signal },
  );
  if (values === null) {
    throw new UserError(`${name}: expected a header of ${header.length} bytes, got ${headerBytes}. ${REMEDY}`);
  }
  const { length }: Values = values;
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
