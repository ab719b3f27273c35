/**
 * The binary version of CIFAR-10 and CIFAR-100, packed as its author offers it, or unpacked.
 *
 * A file is a sequence of records: one byte for the label, then the image plane by plane, all red bytes before the green
 * and the blue ones. Source: A. Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
 */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import { findSource, findUnzipped } from '../archive.ts';
import { combineDigests, type ExpectedImages, type ImageFormat } from '../format.ts';
import { allocateRows, imageSize, type ImageShape, type PixelRows } from '../images.ts';
import { readTar } from '../tar.ts';
import { hashSource, hashSources, packingOf, readSource, type Source } from '../source.ts';
import { UserError } from '../../base/user-error.ts';

const REMEDY = 'Download it again.';
/** In all batches together; CIFAR-10 has 60,000 with its test images. */
const MOST_IMAGES = 100_000;

interface Batch {
  /** What messages call the file. */
  readonly name: string;
  readonly records: Uint8Array;
}

export interface CifarFiles {
  /** Name of the .tar. */
  readonly archive: string;
  /** The folder in it. */
  readonly folder: string;
  /** Names of the batches, whose images follow one another in this order. */
  readonly files: readonly string[];
  /** Bytes before an image, of which the last one is the label: CIFAR-100 has the coarse one before it. */
  readonly labelBytes: number;
}

export const cifar = ({ archive: tar, folder, files, labelBytes }: CifarFiles): ImageFormat => ({
  files: [`${tar}.gz`],
  description: `${tar}.gz or the folder ${folder} that is in it`,
  async find(directory, expected) {
    const sizeOf = (shape: ImageShape): number => labelBytes + imageSize(shape);
    const found = await Promise.all(files.map((file) => findSource(join(directory, folder), file)));
    const inFolder = found.filter((source) => source !== null);
    // Somebody may name the folder itself.
    const isInFolder = inFolder.length === files.length;
    const sources = isInFolder ? inFolder : await batchesIn(directory, files, sizeOf(expected.shape));
    if (sources.length === files.length) {
      return {
        names: [displayPath(isInFolder ? join(directory, folder) : directory)],
        meaning: ['cifar', labelBytes, ...sources.map(packingOf)],
        digest: async (signal) => combineDigests(await hashSources(sources, signal)),
        async read() {
          const { batches, digest } = await readFolder(sources, sizeOf(expected.shape));
          return { rows: rowsOf(batches, expected, labelBytes), digest };
        },
      };
    }
    const archive = await findSource(directory, tar);
    if (archive) {
      return {
        names: [archive.name],
        meaning: ['cifar', labelBytes, files, packingOf(archive)],
        digest: (signal) => hashSource(archive, signal),
        async read() {
          const { batches, digest } = await readArchive(archive, { folder, files }, sizeOf(expected.shape));
          return { rows: rowsOf(batches, expected, labelBytes), digest };
        },
      };
    }
    if (inFolder.length === 0) return { missing: [`${tar}.gz`], beside: [] };
    const paths = files.map((file) => `${folder}/${file}`);
    return {
      missing: paths.filter((_, i) => found[i] === null),
      beside: paths.filter((_, i) => found[i] !== null),
    };
  },
});

/** Those files of a folder that have the bytes of whole images: their names say little. */
async function batchesIn(directory: string, files: readonly string[], size: number): Promise<Source[]> {
  const sources: Source[] = [];
  for (const file of files) {
    const source = await findUnzipped(directory, [file]);
    if (source && (await stat(source.path)).size % size === 0) sources.push(source);
  }
  return sources;
}

async function readFolder(sources: readonly Source[], size: number): Promise<{ batches: Batch[]; digest: string }> {
  const batches: Batch[] = [];
  const digests: string[] = [];
  let before = 0;
  for (const source of sources) {
    const { name } = source;
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const digest = await readSource(source, (chunk) => {
      bytes += chunk.length;
      if (before + bytes > MOST_IMAGES * size) checkSize(name, bytes, before, size);
      chunks.push(chunk);
    });
    checkSize(name, bytes, before, size);
    before += bytes;
    digests.push(digest);
    batches.push({ name, records: Buffer.concat(chunks) });
  }
  return { batches, digest: combineDigests(digests) };
}

async function readArchive(
  source: Source,
  { folder, files }: Pick<CifarFiles, 'folder' | 'files'>,
  size: number,
): Promise<{ batches: Batch[]; digest: string }> {
  const found = new Map<string, Batch>();
  let before = 0;
  const digest = await readTar(source, (path, bytes) => {
    const file = files.find((candidate) => path === `${folder}/${candidate}`);
    if (file === undefined) return null;
    const name = `${source.name}/${path}`;
    if (found.has(file)) throw new UserError(`${name}: expected this file once, found it twice. ${REMEDY}`);
    checkSize(name, bytes, before, size);
    before += bytes;
    const records = new Uint8Array(bytes);
    found.set(file, { name, records });
    return records;
  });
  const batches = files.map((file) => {
    const batch = found.get(file);
    if (batch) return batch;
    throw new UserError(`${source.name}: expected ${folder}/${file} in it, found none. ${REMEDY}`);
  });
  return { batches, digest };
}

/**
 * Before memory is taken.
 * @param before bytes of the batches that are there already
 * @param size bytes of an image with its labels
 */
function checkSize(name: string, bytes: number, before: number, size: number): void {
  const most = MOST_IMAGES - before / size;
  if (bytes > 0 && bytes % size === 0 && bytes <= most * size) return;
  throw new UserError(
    `${name}: expected 1 to ${most} images of ${size} bytes with their labels, got ${bytes} bytes. ${REMEDY}`,
  );
}

/** Planes to pixels: channels last. */
function rowsOf(
  batches: readonly Batch[],
  { shape, classes, labelled }: ExpectedImages,
  labelBytes: number,
): PixelRows {
  const { channels } = shape;
  const plane = shape.height * shape.width;
  const size = labelBytes + imageSize(shape);
  const count = batches.reduce((sum, { records }) => sum + records.length / size, 0);
  const rows = allocateRows(count, imageSize(shape), labelled);
  const { pixels, labels } = rows;
  let row = 0;
  for (const { name, records } of batches) {
    for (let at = 0; at < records.length; at += size) {
      const label = records[at + labelBytes - 1];
      if (label >= classes.length) {
        throw new UserError(
          `${name}: expected labels in 0 … ${classes.length - 1}, got ${label} for image ${at / size + 1}. ${REMEDY}`,
        );
      }
      if (labels) labels[row] = label;
      for (let channel = 0; channel < channels; channel += 1) {
        const from = at + labelBytes + channel * plane;
        const to = row * plane * channels + channel;
        for (let pixel = 0; pixel < plane; pixel += 1) pixels[to + pixel * channels] = records[from + pixel];
      }
      row += 1;
    }
  }
  return rows;
}
