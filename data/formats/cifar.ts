/**
 * The binary version of CIFAR-10, packed as its author offers it, or unpacked.
 *
 * A file is a sequence of records: one byte for the label, then the image plane by plane, all red bytes before the green
 * and the blue ones. Source: A. Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
 */

import { join } from 'node:path';
import { displayPath } from '../../base/paths.ts';
import { findSource } from '../archive.ts';
import { combineDigests, type ExpectedImages, type ImageFormat } from '../format.ts';
import { allocateRows, imageSize, type ImageShape, type PixelRows } from '../images.ts';
import { readTar } from '../tar.ts';
import { hashSource, packingOf, readSource, type Source } from '../source.ts';
import { UserError } from '../../base/user-error.ts';

const FOLDER = 'cifar-10-batches-bin';
const ARCHIVE = 'cifar-10-binary.tar';
const REMEDY = 'Download it again.';
/** In all batches together; CIFAR-10 has 60,000 with its test images. */
const MOST_IMAGES = 100_000;

interface Batch {
  /** What messages call the file. */
  readonly name: string;
  readonly records: Uint8Array;
}

/** @param files names of the batches, whose images follow one another in this order */
export const cifar = (files: readonly string[]): ImageFormat => ({
  files: [`${ARCHIVE}.gz`],
  description: `${ARCHIVE}.gz or the folder ${FOLDER} that is in it`,
  async find(directory, expected) {
    const found = await Promise.all(files.map((file) => findSource(join(directory, FOLDER), file)));
    const sources = found.filter((source) => source !== null);
    if (sources.length === files.length) {
      return {
        names: [displayPath(join(directory, FOLDER))],
        meaning: ['cifar', ...sources.map(packingOf)],
        digest: async () => combineDigests(await Promise.all(sources.map(hashSource))),
        async read() {
          const { batches, digest } = await readFolder(sources, expected.shape);
          return { rows: rowsOf(batches, expected), digest };
        },
      };
    }
    const archive = await findSource(directory, ARCHIVE);
    if (archive) {
      return {
        names: [archive.name],
        meaning: ['cifar', files, packingOf(archive)],
        digest: () => hashSource(archive),
        async read() {
          const { batches, digest } = await readArchive(archive, files, expected.shape);
          return { rows: rowsOf(batches, expected), digest };
        },
      };
    }
    if (sources.length === 0) return { missing: [`${ARCHIVE}.gz`], beside: [] };
    const paths = files.map((file) => `${FOLDER}/${file}`);
    return {
      missing: paths.filter((_, i) => found[i] === null),
      beside: paths.filter((_, i) => found[i] !== null),
    };
  },
});

async function readFolder(
  sources: readonly Source[],
  shape: ImageShape,
): Promise<{ batches: Batch[]; digest: string }> {
  const batches: Batch[] = [];
  const digests: string[] = [];
  let before = 0;
  for (const source of sources) {
    const { name } = source;
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    const digest = await readSource(source, (chunk) => {
      bytes += chunk.length;
      if (before + bytes > MOST_IMAGES * recordSize(shape)) checkSize(name, bytes, before, shape);
      chunks.push(chunk);
    });
    checkSize(name, bytes, before, shape);
    before += bytes;
    digests.push(digest);
    batches.push({ name, records: Buffer.concat(chunks) });
  }
  return { batches, digest: combineDigests(digests) };
}

async function readArchive(
  source: Source,
  files: readonly string[],
  shape: ImageShape,
): Promise<{ batches: Batch[]; digest: string }> {
  const found = new Map<string, Batch>();
  let before = 0;
  const digest = await readTar(source, (path, bytes) => {
    const file = files.find((candidate) => path === `${FOLDER}/${candidate}`);
    if (file === undefined) return null;
    const name = `${source.name}/${path}`;
    if (found.has(file)) throw new UserError(`${name}: expected this file once, found it twice. ${REMEDY}`);
    checkSize(name, bytes, before, shape);
    before += bytes;
    const records = new Uint8Array(bytes);
    found.set(file, { name, records });
    return records;
  });
  const batches = files.map((file) => {
    const batch = found.get(file);
    if (batch) return batch;
    throw new UserError(`${source.name}: expected ${FOLDER}/${file} in it, found none. ${REMEDY}`);
  });
  return { batches, digest };
}

const recordSize = (shape: ImageShape): number => 1 + imageSize(shape);

/** Before memory is taken. @param before bytes of the batches that are there already */
function checkSize(name: string, bytes: number, before: number, shape: ImageShape): void {
  const size = recordSize(shape);
  const most = MOST_IMAGES - before / size;
  if (bytes > 0 && bytes % size === 0 && bytes <= most * size) return;
  throw new UserError(
    `${name}: expected 1 to ${most} images of ${size} bytes with their labels, got ${bytes} bytes. ${REMEDY}`,
  );
}

/** Planes to pixels: channels last. */
function rowsOf(batches: readonly Batch[], { shape, classes, labelled }: ExpectedImages): PixelRows {
  const { channels } = shape;
  const plane = shape.height * shape.width;
  const size = recordSize(shape);
  const count = batches.reduce((sum, { records }) => sum + records.length / size, 0);
  const rows = allocateRows(count, imageSize(shape), labelled);
  const { pixels, labels } = rows;
  let row = 0;
  for (const { name, records } of batches) {
    for (let at = 0; at < records.length; at += size) {
      const label = records[at];
      if (label >= classes.length) {
        throw new UserError(
          `${name}: expected labels in 0 … ${classes.length - 1}, got ${label} for image ${at / size + 1}. ${REMEDY}`,
        );
      }
      if (labels) labels[row] = label;
      for (let channel = 0; channel < channels; channel += 1) {
        const from = at + 1 + channel * plane;
        const to = row * plane * channels + channel;
        for (let pixel = 0; pixel < plane; pixel += 1) pixels[to + pixel * channels] = records[from + pixel];
      }
      row += 1;
    }
  }
  return rows;
}
