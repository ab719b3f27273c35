/**
 * Kaggle's tables of images: a header, then one image a row, its label before the bytes of its pixels. In UTF-8, or in
 * UTF-16 with a byte-order mark, as PowerShell saves them.
 */

import { utf8Pieces } from '../../base/text.ts';
import { findSource } from '../archive.ts';
import type { ImageFormat } from '../format.ts';
import { imageSize, type ImageShape } from '../images.ts';
import { createPixelReader, type PixelLayout } from '../pixels.ts';
import { hashSource, packingOf, readSource } from '../source.ts';

/**
 * @param file its name
 * @param columns header of the label column, which a file without labels lacks, and of each byte of an image
 */
export const csv = (file: string, columns: Pick<PixelLayout, 'label' | 'pixels'>): ImageFormat => ({
  files: [file],
  description: `${file} (plain, .gz or in an archive)`,
  async find(directory, { classes, labelled }) {
    const source = await findSource(directory, file);
    if (!source) return { missing: [file], beside: [] };
    const layout: PixelLayout = { ...columns, labelled, classes: classes.length };
    return {
      names: [source.name],
      meaning: ['csv', packingOf(source), layout],
      digest: (signal) => hashSource(source, signal),
      async read({ room, signal }) {
        const reader = createPixelReader(source.name, layout, room);
        const pieces = utf8Pieces();
        const digest = await readSource(source, (chunk) => reader.push(pieces.push(chunk)), { signal });
        reader.push(pieces.end());
        return { digest, rows: reader.finish() };
      },
    };
  },
});

/** `pixel0, pixel1, …`: one name for each byte of an image, counted from `first`. */
export const pixelColumns = (
  shape: ImageShape,
  { prefix = 'pixel', first }: { readonly prefix?: string; readonly first: number },
): readonly string[] => Array.from({ length: imageSize(shape) }, (_, index) => `${prefix}${first + index}`);
