/** Images and labels as arrays of NumPy: .npy, or .npz, which is a zip of them. */

import { stat } from 'node:fs/promises';
import { printable } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { findSource } from '../archive.ts';
import { placesOf } from '../axes.ts';
import type { ArraysDescription } from '../description.ts';
import { combineDigests, type ExpectedImages, type ImageFormat } from '../format.ts';
import { allocateRows, imageSize, maximumRows, type PixelRows } from '../images.ts';
import { labelChoices, labelReader, type LabelTexts } from '../label-table.ts';
import { type NumberArray, readNpy } from '../npy.ts';
import { hashSources, holdSource, LARGEST_FILE_BYTES, loadSource, packingOf, type Source } from '../source.ts';
import { openZipped } from '../zipped-files.ts';

type ArrayFile = ArraysDescription['images'];

/** @param textsOf how the file writes labels */
export function arrays({ images, labels, scale, order }: ArraysDescription, textsOf: LabelTexts): ImageFormat {
  const wanted = [images, ...(labels ? [labels] : [])];
  const names = [...new Set(wanted.map(({ file }) => file))];
  return {
    files: names,
    description: `${names.join(' and ')} (plain, .gz or in an archive)`,
    async find(directory, expected) {
      const found = await Promise.all(names.map((name) => findSource(directory, name)));
      const sources = found.filter((source) => source !== null);
      if (sources.length < names.length) {
        return { missing: names.filter((_, i) => !found[i]), beside: names.filter((_, i) => found[i]) };
      }
      const sourceOf = ({ file }: ArrayFile): Source => sources[names.indexOf(file)];
      const digest = async (signal?: AbortSignal): Promise<string> =>
        combineDigests(await hashSources(sources, signal));
      return {
        names: sources.map(({ name }) => name),
        meaning: ['arrays', ...sources.map(packingOf), images, labels, scale, order, textsOf],
        digest,
        async read() {
          const before = await digest();
          const pixels = await readArray(sourceOf(images), images.key);
          const rows = rowsOf(sourceOf(images).name, pixels, expected, { scale, order });
          if (labels && expected.labelled) {
            const source = sourceOf(labels);
            fillLabels(source.name, await readArray(source, labels.key), rows, textsOf, expected);
          }
          return { rows, digest: before };
        },
      };
    },
  };
}

/** @param key of the array in a .npz; null for the only one */
async function readArray(source: Source, key: string | null): Promise<NumberArray> {
  if (!/\.npz(\.gz)?$/i.test(source.name)) {
    return readNpyFile(source);
  }
  const { arrays: found, read } = await openArrays(source);
  const name = key ?? (found.length === 1 ? found[0] : null);
  if (name !== null && found.includes(name)) return read(name);
  throw new UserError(
    `${source.name}: expected ${key === null ? 'one array' : `an array \`${printable(key)}\``}, got ` +
      `${printable(found.join(', '), 200) || 'none'}. Name one of them as \`key\` in the description of the competition.`,
  );
}

export const readNpyFile = async (source: Source): Promise<NumberArray> =>
  readNpy(source.name, Buffer.from(await held(source)));

/** The bytes of a file, in the memory that threads share where their number is known before. */
async function held(source: Source): Promise<ArrayBufferLike> {
  if (!source.gzip) {
    const size = source.member?.bytes ?? (await stat(source.path)).size;
    const bytes = new Uint8Array(new SharedArrayBuffer(size));
    await loadSource(source, size, (chunk, offset) => bytes.set(chunk, offset));
    return bytes.buffer;
  }
  const { bytes } = await holdSource(source, { most: LARGEST_FILE_BYTES });
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

/** Names of the arrays in a .npz, and a function that reads one. */
export async function openArrays(source: Source): Promise<{ arrays: string[]; read: (name: string) => NumberArray }> {
  const packed = await openZipped(source, (name) => name.endsWith('.npy'));
  const nameOf = (file: string): string => file.slice(0, -'.npy'.length);
  return {
    arrays: Array.from(packed.files(), ({ name }) => nameOf(name)),
    read(wanted) {
      for (const file of packed.files()) {
        if (nameOf(file.name) === wanted)
          return readNpy(`${source.name}/${printable(file.name)}`, Buffer.from(file.read()));
      }
      throw new RangeError(`Expected an array of the file, got ${wanted}.`);
    },
  };
}

function rowsOf(
  name: string,
  { shape: found, values }: NumberArray,
  { shape, labelled }: ExpectedImages,
  { scale: [low, high], order }: Pick<ArraysDescription, 'scale' | 'order'>,
): PixelRows {
  const size = imageSize(shape);
  const [count = 0] = found;
  if (count < 1 || count > maximumRows || values.length !== count * size) {
    throw new UserError(
      `${name}: expected 1 to ${maximumRows} images of ${shape.height} × ${shape.width} × ${shape.channels}, ` +
        `got an array of ${found.join(' × ')}. Correct \`shape\` of the competition, or put the right file there.`,
    );
  }
  if (
    values instanceof Uint8Array &&
    values.buffer instanceof SharedArrayBuffer &&
    order === 'HWC' &&
    low === 0 &&
    high === 255
  ) {
    // As they are, and where they are.
    const pixels = new Uint8Array(values.buffer, values.byteOffset, values.length);
    return { ...allocateRows(count, 0, labelled), pixels };
  }
  const rows = allocateRows(count, size, labelled);
  const places = placesOf(shape, order);
  const factor = 255 / (high - low);
  for (let image = 0; image < count; image += 1) {
    for (let i = 0; i < size; i += 1) {
      const value = values[image * size + i];
      if (!(value >= low && value <= high)) {
        throw new UserError(
          `${name}: expected values from ${low} to ${high}, got ${value} in image ${image + 1}. ` +
            'Correct `scale` of the competition.',
        );
      }
      rows.pixels[image * size + places[i]] = Math.round((value - low) * factor);
    }
  }
  return rows;
}

function fillLabels(
  name: string,
  { shape, values }: NumberArray,
  { count, labels }: PixelRows,
  textsOf: LabelTexts,
  { classes }: ExpectedImages,
): void {
  if (values.length !== count) {
    throw new UserError(
      `${name}: expected ${count} labels, one for each image, got an array of ${shape.join(' × ')}. ` +
        'Put two files that belong together there.',
    );
  }
  const classOf = labelReader(textsOf, classes);
  for (let i = 0; i < count; i += 1) {
    const label = classOf(String(values[i]));
    if (label === undefined) {
      throw new UserError(
        `${name}: expected labels to be ${labelChoices(textsOf, classes)}, got ${values[i]} for image ${i + 1}. ` +
          'Correct `classes` or `labels` of the competition.',
      );
    }
    labels![i] = label;
  }
}
