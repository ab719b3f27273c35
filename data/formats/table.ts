/** Tables of images in any shape; those of Kaggle's Digit Recognizer take the shorter way of `csv.ts`. */

import { utf8Pieces } from '../../base/text.ts';
import { findSource } from '../archive.ts';
import type { TableDescription } from '../description.ts';
import type { ImageFormat } from '../format.ts';
import { labelChoices, labelReader, type LabelTexts } from '../label-table.ts';
import { hashSource, packingOf, readSource } from '../source.ts';
import { createTableReader } from '../table-reader.ts';

/** @param labels how the table writes them */
export const table = ({ file, ...layout }: TableDescription, labels: LabelTexts): ImageFormat => ({
  files: [file],
  description: `${file} (plain, .gz or in an archive)`,
  async find(directory, { shape, classes, labelled, part = null, eachIdOnce = false }) {
    const source = await findSource(directory, file);
    if (!source) return { missing: [file], beside: [] };
    const label = labelled ? layout.label : null;
    return {
      names: [source.name],
      meaning: ['table', packingOf(source), layout, labels],
      digest: (signal) => hashSource(source, signal),
      async read({ room, signal }) {
        const own = { label, part, shape, eachIdOnce, classOf: labelReader(labels, classes) };
        const choices = labelChoices(labels, classes);
        const reader = createTableReader(source.name, { ...layout, ...own, labelChoices: choices }, room);
        const pieces = utf8Pieces();
        const digest = await readSource(source, (chunk) => reader.push(pieces.push(chunk)), { signal });
        reader.push(pieces.end());
        return { digest, rows: reader.finish() };
      },
    };
  },
});
