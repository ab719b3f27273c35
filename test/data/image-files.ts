/** Writes images in every format that is read, for tests. */

import type { ExecutionContext } from 'ava';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PNG, type ColorType } from 'pngjs';
import { Header } from 'tar';
import { allPixels, imageSize, type ImageShape, type LabelledImages } from '../../data/images.ts';

/** One image: its class, and u8[height × width × channels]. */
export interface TestImage {
  readonly label: number;
  readonly pixels: readonly number[];
}

/** Files by their paths in the folder. */
export type Files = Readonly<Record<string, Buffer>>;

export async function writeFiles(folder: string, files: Files): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

/** Asserts that these images were read, in this order. */
export function assertImages(t: ExecutionContext, found: LabelledImages, images: readonly TestImage[]): void {
  t.deepEqual(
    [...allPixels(found)],
    images.flatMap((image) => image.pixels),
  );
  t.deepEqual(
    [...found.labels],
    images.map(({ label }) => label),
  );
}

/** Images that differ from each other in every byte, of all classes in turn. */
export const someImages = (count: number, shape: ImageShape, classes: number): TestImage[] =>
  Array.from({ length: count }, (_, i) => ({
    label: (3 * i) % classes,
    pixels: Array.from({ length: imageSize(shape) }, (__, byte) => (31 * i + 7 * byte) % 256),
  }));

/** @param magic Default: that of labels or of images, by the number of lengths */
export function idxOf(lengths: readonly number[], values: readonly number[], magic = 0x800 + lengths.length): Buffer {
  const header = Buffer.alloc(4 * (1 + lengths.length));
  for (const [i, word] of [magic, ...lengths].entries()) header.writeUInt32BE(word, 4 * i);
  return Buffer.concat([header, Buffer.from(values)]);
}

export const idxFiles = (prefix: string, { height, width }: ImageShape, images: readonly TestImage[]): Files => ({
  [`${prefix}-images-idx3-ubyte.gz`]: gzipSync(
    idxOf(
      [images.length, height, width],
      images.flatMap(({ pixels }) => pixels),
    ),
  ),
  [`${prefix}-labels-idx1-ubyte`]: idxOf(
    [images.length],
    images.map(({ label }) => label),
  ),
});

/** Records of CIFAR-10: label, then plane by plane. */
export const recordsOf = (images: readonly TestImage[], channels: number): Buffer =>
  Buffer.from(
    images.flatMap(({ label, pixels }) => [
      label,
      ...Array.from({ length: channels }, (_, channel) => pixels.filter((__, i) => i % channels === channel)).flat(),
    ]),
  );

export function tarOf(...entries: { name: string; content: Buffer; size?: number }[]): Buffer {
  const blocks = entries.flatMap(({ name, content, size = content.length }) => {
    const header = Buffer.alloc(512);
    new Header({ path: name, size, type: 'File', mode: 0o644 }).encode(header);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

const GREY: ColorType = 0;
const COLOUR: ColorType = 2;

export function pngOf({ height, width, channels }: ImageShape, pixels: readonly number[]): Buffer {
  const image = new PNG({ width, height });
  for (let pixel = 0; pixel < width * height; pixel += 1) {
    for (let channel = 0; channel < 3; channel += 1) {
      image.data[4 * pixel + channel] = pixels[pixel * channels + (channels === 1 ? 0 : channel)];
    }
    image.data[4 * pixel + 3] = 255;
  }
  return PNG.sync.write(image, { colorType: channels === 1 ? GREY : COLOUR });
}

/** Files 1.png, 2.png, … of a folder. */
export const pngFiles = (folder: string, shape: ImageShape, images: readonly TestImage[]): Files =>
  Object.fromEntries(images.map(({ pixels }, i) => [`${folder}/${i + 1}.png`, pngOf(shape, pixels)]));

export const csvOf = (columns: readonly string[], rows: readonly (readonly (number | string)[])[]): Buffer =>
  Buffer.from(`${[columns, ...rows].map((row) => row.join()).join('\n')}\n`);
