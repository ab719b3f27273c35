/** Image files in a folder for each class, or named by a table. */

import { printable, quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { findSource } from '../archive.ts';
import { brokenImage, decodeImage } from '../decode-image.ts';
import type { Fit } from '../resample.ts';
import { combineDigests, type ExpectedImages, type ImageFormat, type Reading } from '../format.ts';
import { allocateLabels, imageSize, type PixelRows } from '../images.ts';
import { findImageTree, type ImageTree } from '../image-tree.ts';
import { labelReader, labelText, type LabelTexts } from '../label-table.ts';
import { filesOfRows, readNames, type TableOfFiles, type Wanted } from './image-names.ts';
import type { PixelRoom } from '../pixel-room.ts';
import { hashSource, packingOf } from '../source.ts';

export interface ImageFileOptions {
  readonly fit: Fit;
  /** Leaves out training images that cannot be read; test images become black. */
  readonly skipBroken: boolean;
  readonly labels: LabelTexts;
  /** Whether names of images begin with their class. */
  readonly classInName?: boolean;
}

/** @param folder that holds a folder for each class */
export const folders = (folder: string, options: ImageFileOptions): ImageFormat => ({
  files: [folder],
  description: folder === '.' ? 'a folder for each class' : `the folder ${folder} with a folder for each class`,
  async find(directory, expected) {
    const tree = await findImageTree(directory, folder);
    if (!tree) return { missing: [folder], beside: [] };
    return {
      names: [tree.name],
      meaning: ['folders', tree.packing, options],
      digest: (signal) => tree.digest(signal),
      read: (reading) =>
        readTree({ tree, reading, options, expected }, (paths) =>
          classesOf(tree.name, paths, options.labels, expected),
        ),
    };
  },
});

/** @param table names the images, and says their labels; null for all images of the folder */
export const files = (folder: string, table: TableOfFiles | null, options: ImageFileOptions): ImageFormat => ({
  files: [folder, ...(table ? [table.file] : [])],
  description: `the folder ${folder}${table ? ` and ${table.file}` : ''}`,
  async find(directory, expected) {
    const tree = await findImageTree(directory, folder);
    const source = table && (await findSource(directory, table.file));
    if (!tree) return { missing: [folder], beside: source ? [source.name] : [] };
    if (table && !source && expected.labelled) return { missing: [table.file], beside: [tree.name] };
    return {
      names: [tree.name, ...(source ? [source.name] : [])],
      meaning: ['files', tree.packing, source && packingOf(source), table, options],
      digest: async (signal) =>
        combineDigests([await tree.digest(signal), ...(source ? [await hashSource(source, signal)] : [])]),
      async read(reading) {
        if (!source || !table) {
          const { rows, digest } = await readTree({ tree, reading, options, expected }, (paths) =>
            options.classInName
              ? classesInNames(tree.name, paths, options.labels, expected)
              : paths.map((path) => ({ path, id: path, label: null })),
          );
          return { rows, digest: combineDigests([digest]) };
        }
        const named = await readNames(source, table, options.labels, expected);
        const { rows, digest } = await readTree({ tree, reading, options, expected }, (paths) =>
          filesOfRows(source.name, tree.name, folder, paths, named.rows),
        );
        return { rows, digest: combineDigests([digest, named.digest]) };
      },
    };
  },
});

interface TreeToRead {
  readonly tree: ImageTree;
  readonly reading: Reading;
  readonly options: ImageFileOptions;
  readonly expected: ExpectedImages;
}

/** Decodes what is wanted of a tree. */
async function readTree(
  { tree, reading, options, expected }: TreeToRead,
  choose: (paths: readonly string[]) => readonly Wanted[],
): Promise<{ rows: PixelRows; digest: string }> {
  const { fit, skipBroken } = options;
  const { shape, labelled } = expected;
  const { room, signal, onImages } = reading;
  const size = imageSize(shape);
  let wanted: readonly Wanted[] = [];
  let done = 0;
  const rowOf = new Map<string, number>();
  const broken = new Set<string>();
  const digest = await tree.read(
    (paths) => {
      wanted = choose(paths);
      room.reserve(wanted.length * size);
      for (const [row, { path }] of wanted.entries()) rowOf.set(path, row);
    },
    async (path, content) => {
      const row = rowOf.get(path);
      if (row === undefined) return;
      try {
        room.write(row * size, await decodeImage(content, shape, fit));
      } catch (error) {
        if (error instanceof UserError) throw error;
        if (!skipBroken) throw brokenImage(`${tree.name}/${printable(path)}`, error, content);
        broken.add(path);
      }
      done += 1;
      onImages?.(done, wanted.length);
    },
    signal,
  );
  if (labelled && broken.size === wanted.length) {
    throw new UserError(`${tree.name}: expected images that can be read, got none. Put the right files there.`);
  }
  // Test images that cannot be read stay black.
  const rows = [...wanted.keys()].filter((row) => !labelled || !broken.has(wanted[row].path));
  if (rows.length < wanted.length) room.keep(rows, size);
  return {
    rows: rowsOf(
      rows.map((row) => wanted[row]),
      labelled,
      room,
      broken,
    ),
    digest,
  };
}

function rowsOf(images: readonly Wanted[], labelled: boolean, room: PixelRoom, broken: ReadonlySet<string>): PixelRows {
  const labels = labelled ? allocateLabels(images.length) : null;
  for (const [row, { label }] of images.entries()) if (labels && label !== null) labels[row] = label;
  const parts = images.flatMap(({ part }) => part ?? []);
  return {
    count: images.length,
    pixels: room.end(),
    labels,
    ids: images.map(({ id }) => id),
    ...(parts.length > 0 && { parts }),
    ...(broken.size > 0 && { broken: [...broken].toSorted() }),
  };
}

/** The folder next below is the class. */
function classesOf(name: string, paths: readonly string[], labels: LabelTexts, { classes }: ExpectedImages): Wanted[] {
  const classOf = labelReader(labels, classes);
  return paths.map((path) => {
    const [folder, ...rest] = path.split('/');
    const byName = classes.indexOf(folder);
    const label = byName >= 0 ? byName : classOf(folder);
    if (rest.length > 0 && label !== undefined) return { path, id: path, label };
    const found = rest.length > 0 ? `the folder ${quoted(folder, 40)}` : `${quoted(path, 40)} in none`;
    throw new UserError(
      `${name}: expected a folder for each of the classes ${printable(classes.join(', '), 200)}, got ${found}. ` +
        'Correct `classes` of the competition, or put the right files there.',
    );
  });
}

/** The name of an image begins with its class or with the label of its class. If several fit, the longest is meant. */
function classesInNames(
  name: string,
  paths: readonly string[],
  labels: LabelTexts,
  { classes, labelled }: ExpectedImages,
): Wanted[] {
  const longestFirst = classes
    .flatMap((own, label) => [own, labelText({ labels }, classes, label)].map((text) => ({ text, label })))
    .toSorted((a, b) => b.text.length - a.text.length);
  return paths.map((path) => {
    if (!labelled) return { path, id: path, label: null };
    const file = path.slice(path.lastIndexOf('/') + 1);
    const begins = (text: string): boolean => file.startsWith(text) && /^[\W_\d]/.test(file.slice(text.length));
    const found = longestFirst.find(({ text }) => begins(text));
    if (found !== undefined) return { path, id: path, label: found.label };
    throw new UserError(
      `${name}/${printable(path)}: expected a name that begins with one of the classes ${printable(classes.join(', '), 200)}, ` +
        'as in cat.0.jpg. Correct `classes` of the competition, or put the right files there.',
    );
  });
}
