/** Image files in a folder for each class, or named by a table. */

import { printable, quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { findSource } from '../archive.ts';
import { placeIn, readTable } from '../csv.ts';
import { brokenImage, decodeImage } from '../decode-image.ts';
import type { Fit } from '../resample.ts';
import type { Column, FilesDescription } from '../description.ts';
import { combineDigests, type ExpectedImages, type ImageFormat, type Reading } from '../format.ts';
import { allocateLabels, imageSize, type PixelRows } from '../images.ts';
import { findImageTree, type ImageTree, namesOfImage, plainPath } from '../image-tree.ts';
import { labelChoices, labelReader, labelText, type LabelTexts } from '../label-table.ts';
import type { PixelRoom } from '../pixel-room.ts';
import { hashSource, packingOf, type Source } from '../source.ts';

export interface ImageFileOptions {
  readonly fit: Fit;
  /** Leaves out training images that cannot be read; test images become black. */
  readonly skipBroken: boolean;
  readonly labels: LabelTexts;
  /** Whether names of images begin with their class. */
  readonly classInName?: boolean;
}

/** One image that is wanted. */
interface Wanted {
  readonly path: string;
  readonly id: string;
  readonly label: number | null;
  readonly part?: string;
}

type TableOfFiles = NonNullable<FilesDescription['table']>;

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
          match(source.name, tree.name, folder, paths, named.rows),
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

/** The name of an image begins with its class; of classes that begin alike the longest is meant. */
function classesInNames(
  name: string,
  paths: readonly string[],
  labels: LabelTexts,
  { classes, labelled }: ExpectedImages,
): Wanted[] {
  const texts = classes.map((own, label) => [own, labelText({ labels }, classes, label)]);
  const longestFirst = classes
    .keys()
    .toArray()
    .toSorted((a, b) => classes[b].length - classes[a].length);
  return paths.map((path) => {
    if (!labelled) return { path, id: path, label: null };
    const file = path.slice(path.lastIndexOf('/') + 1);
    const begins = (text: string): boolean => file.startsWith(text) && /^[\W_\d]/.test(file.slice(text.length));
    const label = longestFirst.find((k) => texts[k].some(begins));
    if (label !== undefined) return { path, id: path, label };
    throw new UserError(
      `${name}/${printable(path)}: expected a name that begins with one of the classes ${printable(classes.join(', '), 200)}, ` +
        'as in cat.0.jpg. Correct `classes` of the competition, or put the right files there.',
    );
  });
}

interface NamedRow {
  readonly line: number;
  readonly id: string;
  readonly label: number | null;
  readonly part?: string;
}

async function readNames(
  source: Source,
  { id, label, header: hasHeader, delimiter, rows: chosen }: TableOfFiles,
  labels: LabelTexts,
  { classes, labelled, part }: ExpectedImages,
): Promise<{ rows: NamedRow[]; digest: string }> {
  const { header, rows, digest } = await readTable(source, null, { delimiter });
  const place = (column: Column): number => placeIn(source.name, header, column);
  const idPlace = place(id);
  const isOneEach = typeof label === 'object';
  const columns = isOneEach ? (label?.columns ?? []) : [label];
  const labelPlaces = labelled && label !== null ? columns.map(place) : [];
  const partPlace = part === undefined ? -1 : place(part);
  const chooser = chosen && { at: place(chosen.column), values: new Set(chosen.values) };
  const classOf = labelReader(labels, classes);
  const all = hasHeader ? rows : [{ line: 1, cells: header }, ...rows];
  const wanted: NamedRow[] = [];
  for (const { line, cells } of all) {
    if (chooser && !chooser.values.has(cells[chooser.at].trim())) continue;
    const texts = labelPlaces.map((at) => cells[at].trim());
    const [text = ''] = texts;
    const found = texts.length === 0 ? null : isOneEach ? placeOfOne(texts) : classOf(text);
    if (found === undefined && isOneEach) {
      const ones = texts.every((one) => Number(one) === 0 || Number(one) === 1)
        ? `${texts.filter((one) => Number(one) === 1).length} of them`
        : quoted(
            texts.find((one) => Number(one) !== 0 && Number(one) !== 1)!,
            40,
          );
      throw new UserError(
        `${source.name}:${line}: expected a 1 in one of the columns ${printable(columns.join(', '), 200)}, and 0 in all others, got ${ones}. ` +
          'Correct that line: only one class for each image is meant.',
      );
    }
    if (found === undefined) {
      throw new UserError(
        `${source.name}:${line}: expected \`${columns.join()}\` to be ${labelChoices(labels, classes)}, got ${quoted(text, 40)}. ` +
          'Correct that line, or the description of the competition.',
      );
    }
    const row = { line, id: cells[idPlace].trim(), label: found };
    wanted.push(partPlace < 0 ? row : { ...row, part: cells[partPlace].trim() });
  }
  return { rows: wanted, digest };
}

/** Place of the one 1 among zeros; undefined for anything else. */
function placeOfOne(texts: readonly string[]): number | undefined {
  const numbers = texts.map((text) => (text === '' ? NaN : Number(text)));
  const isMeant =
    numbers.every((value) => value === 0 || value === 1) && numbers.filter((one) => one === 1).length === 1;
  return isMeant ? numbers.indexOf(1) : undefined;
}

/**
 * Finds the file of each row: by its path or its name, with or without suffix.
 * @param within folder of the images in the data folder, which paths may begin with
 */
function match(
  table: string,
  folder: string,
  within: string,
  paths: readonly string[],
  rows: readonly NamedRow[],
): Wanted[] {
  const found = new Map<string, string | null>();
  for (const path of paths) {
    for (const key of namesOfImage(path)) {
      // A name that several files have says nothing.
      found.set(key, found.has(key) && key !== path ? null : path);
    }
  }
  const lines = new Map<string, number>();
  // `images/train`, or `train` where the table lies in `images`.
  const beginnings = within.split('/').map((_, i, parts) => `${parts.slice(i).join('/')}/`);
  return rows.map(({ line, id, label, part }) => {
    const plain = plainPath(id);
    const beginning = beginnings.find((one) => plain.startsWith(one)) ?? '';
    const path = found.get(id) ?? found.get(plain) ?? found.get(plain.slice(beginning.length));
    const earlier = path ? lines.get(path) : undefined;
    if (path && earlier === undefined) {
      lines.set(path, line);
      return { path, id, label, ...(part !== undefined && { part }) };
    }
    const what = earlier === undefined ? `an image of ${folder}` : 'every image once';
    const got =
      earlier === undefined
        ? path === null
          ? ', a name that several have'
          : ', of which there is none'
        : ` as on line ${earlier}`;
    throw new UserError(
      `${table}:${line}: expected ${what}, got ${quoted(id, 60)}${got}. Put files that belong together there.`,
    );
  });
}
