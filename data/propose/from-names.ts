/** A draft from a table that names image files, beside their folder. */

import { basename, dirname } from 'node:path';
import { printable } from '../../base/printable.ts';
import type { Column, FilesDescription, TableDescription, SourceDescription } from '../description.ts';
import { composed, isImageName, namesOfImage, pathsOf } from '../image-tree.ts';
import type { Inventory } from './inventory.ts';
import type { Notes } from './notes.ts';
import { partsOf, type Split, splitOf } from './parts.ts';
import {
  type Draft,
  isIdName,
  isLabelName,
  isPartName,
  isUsageName,
  nameOf,
  submissionColumns,
  type Table,
  type Tables,
  valuesOf,
} from './tables.ts';
import { oddLabels, tooFewOrMany } from './why-not.ts';

export const TEST_NAME = /test|pred|unlabel/i;

export interface Sources extends Pick<Draft, 'group' | 'fold'> {
  readonly classes: string[];
  readonly train: SourceDescription;
  readonly test: SourceDescription | null;
}

/** Folders with images in them, and how many. */
export function foldersOf({ images }: Inventory): Map<string, number> {
  const counts = new Map<string, number>();
  for (const path of images) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
  return counts;
}

export const where = (folder: string): string => (folder === '.' ? 'The folder' : folder);

interface NamedTable {
  readonly table: Table;
  readonly id: number;
  readonly folder: string;
}

/** One column of labels, or one of zeros and ones for each class. */
type LabelPlaces = number | readonly number[];
type Labelled = NamedTable & { readonly label: LabelPlaces | null };

/** Tables that name images, and which of their columns the label may be. */
function namingTables(inventory: Inventory, { all, sample }: Tables): Labelled[] {
  const wanted = submissionColumns(sample)?.label;
  const ids = new Set(sample?.rows.map((row) => row[0]));
  return all.flatMap((table) => {
    const one = namesImages(table, inventory, ids);
    return one ? [{ ...one, label: labelOf(one, wanted) }] : [];
  });
}

/** Folders with images whose classes a table outside of them tells, though perhaps with a mistake. */
export const labelledFolders = (inventory: Inventory, tables: Tables): Set<string> =>
  new Set(
    namingTables(inventory, tables)
      .filter(({ table, id, label }) => label !== null || (table.header !== null && onesOf(table, id) !== null))
      .flatMap((one) => onlyFolder(one, inventory) ?? [])
      .filter(({ table, folder }) => !table.file.startsWith(`${folder}/`))
      .map(({ folder }) => folder),
  );

/** The table with the one folder whose images it names; null where others have images of these names too. */
export function onlyFolder({ table, id }: NamedTable, inventory: Inventory): NamedTable | null {
  const foldersWith = new Map<string, Set<string>>();
  for (const path of inventory.images) {
    for (const name of namesOfImage(basename(path))) {
      foldersWith.set(name, (foldersWith.get(name) ?? new Set()).add(dirname(path)));
    }
  }
  const folderOf = folderFinder(table, inventory);
  const found = new Set(
    table.rows.flatMap((row) => {
      const name = composed(row[id]);
      const folder = folderOf(name);
      return [...(foldersWith.get(name) ?? (folder === undefined ? [] : [folder]))];
    }),
  );
  const [folder] = found;
  return found.size === 1 ? { table, id, folder } : null;
}

/** @returns null if no table names images and tells their classes, of which `notes` then say why */
export async function named(inventory: Inventory, tables: Tables, notes: Notes): Promise<Sources | null> {
  const imagesBelow = (folder: string): number =>
    inventory.images.filter((path) => folder === '.' || path.startsWith(`${folder}/`)).length;
  const labelled = namingTables(inventory, tables);
  const train = labelled
    .filter(({ label }) => label !== null)
    .toSorted(
      (a, b) =>
        Number(TEST_NAME.test(a.table.file)) - Number(TEST_NAME.test(b.table.file)) ||
        imagesBelow(b.folder) - imagesBelow(a.folder),
    )[0];
  if (!train || train.label === null) {
    notes.unclear.push(...labelled.slice(0, 3).flatMap(whyNoLabel));
    return null;
  }
  const { label, table } = train;
  const classes = await classesOf(table, label, notes);
  if (!classes) return null;
  notes.understood.push(
    `${table.file}: names of images in ${where(train.folder)}, ${classes.length} classes in ` +
      (typeof label === 'number' ? `column ${nameOf(table, label)}.` : `columns of zeros and ones.`),
  );
  const spare = typeof label === 'number' ? spareLabels(table, label) : [];
  if (spare.length > 0) {
    const names = spare.map((place) => nameOf(table, place)).join(', ');
    notes.unclear.push(
      `${table.file} has other columns that may be the label (${printable(names, 120)}): ${nameOf(table, label as number)} was taken.`,
    );
  }
  const parts = await partsOf(table, notes, train.id);
  const split = tables.sample ? null : await splitOfNames(train, notes);
  if (split) {
    const [rows, testRows] = [split.train, split.test].map((values) => ({ column: split.column, values }));
    const test = split.test.length > 0 ? describe(train, label, testRows) : null;
    return { classes, train: describe(train, label, rows), test, ...parts };
  }
  const test = testOf(train, labelled, inventory, tables);
  if (test) {
    const by = test.table ? ` that ${test.table.file} names` : '';
    const isLabelled = typeof test.table?.label === 'string' || typeof test.table?.label === 'number';
    notes.understood.push(`${where(test.folder)}: the test images${by}${isLabelled ? ', with labels' : ''}.`);
  }
  return { classes, train: describe(train, label), test, ...parts };
}

async function splitOfNames({ table, id }: NamedTable, notes: Notes): Promise<(Split & { column: Column }) | null> {
  const place = table.header?.findIndex((name, at) => at !== id && isUsageName(name)) ?? -1;
  if (place < 0) return null;
  const split = await splitOf(table, place, notes);
  return split && { ...split, column: nameOf(table, place) };
}

function describe(
  { table, id, folder }: NamedTable,
  label: LabelPlaces | null,
  rows: TableDescription['rows'] = null,
): FilesDescription {
  const { file, header, delimiter } = table;
  const places = typeof label === 'object' && label ? { columns: label.map((place) => nameOf(table, place)) } : null;
  return {
    format: 'files',
    folder,
    table: {
      file,
      header: header !== null,
      delimiter,
      rows,
      id: nameOf(table, id),
      label: places ?? (label === null ? null : nameOf(table, label as number)),
    },
    classInName: false,
  };
}

/** Images of another table, of a folder of their own, or of the sample submission. */
function testOf(
  train: Labelled,
  others: readonly Labelled[],
  inventory: Inventory,
  { sample }: Tables,
): FilesDescription | null {
  const trained = new Set(train.table.rows.map((row) => row[train.id]));
  const isApart = ({ table, id }: NamedTable): boolean => !table.rows.some((row) => trained.has(row[id]));
  const other = others.find(
    (one) =>
      one.table !== train.table && TEST_NAME.test(one.table.file) && (one.folder !== train.folder || isApart(one)),
  );
  if (other) return describe(other, sameLabel(train, other));
  const whole = { format: 'files', table: null, classInName: false } as const;
  const flat = [...foldersOf(inventory).keys()].find((folder) => folder !== train.folder && TEST_NAME.test(folder));
  if (flat !== undefined) return { ...whole, folder: flat };
  // The sample names them, in the folder of the training images too.
  const listed = sample && namesImages(sample, inventory);
  return listed && isApart(listed) ? { ...whole, folder: listed.folder } : null;
}

/** In a table of test images a column is the label only if it is called as that of the training images is. */
function sameLabel({ table: { header }, label }: Labelled, { table, label: own }: Labelled): LabelPlaces | null {
  if (!header || !table.header || label === null) return own;
  const places = [label].flat().map((place) => table.header!.indexOf(header[place]));
  if (places.includes(-1)) return null;
  return typeof label === 'number' ? places[0] : places;
}

/** @returns null if `notes` say why there are none */
async function classesOf(table: Table, label: LabelPlaces, notes: Notes): Promise<string[] | null> {
  if (typeof label === 'object') return label.map((place) => String(nameOf(table, place)));
  const classes = await valuesOf(table, label);
  if (!classes || classes.length < 2) {
    notes.unclear.push(tooFewOrMany(table, label, classes));
    return null;
  }
  const odd = oddLabels(table, label, classes);
  if (odd) notes.unclear.push(odd.sentence);
  return odd?.isRefused ? null : classes;
}

/** @param wanted what submissions call the label */
function labelOf({ table, id }: NamedTable, wanted: string | undefined): LabelPlaces | null {
  const { header, columns } = table;
  if (!header) return columns === 2 ? 1 - id : null;
  const zeros = onesOf(table, id);
  if (zeros?.isOneEach) return zeros.places;
  // Several labels for an image are none.
  if (zeros && zeros.places.length > 1 && wanted === undefined) return null;
  const byName = header.indexOf(wanted ?? 'label');
  if (byName >= 0 && byName !== id) return byName;
  const other = [...header.keys()].filter(
    (place) => place !== id && !isPartName(header[place]) && !isUsageName(header[place]),
  );
  const usual = other.find((place) => isLabelName(header[place])) ?? other.find((place) => NEARLY.test(header[place]));
  if (usual !== undefined) return usual;
  const rest = other.filter((place) => !isIdName(header[place]));
  return rest.length === 1 ? rest[0] : null;
}

const NEARLY = /label|class|species|breed|diagnosis|target|category|dx/i;

const spareLabels = ({ header, rows }: Table, label: number): number[] =>
  [...(header ?? []).keys()].filter(
    (place) =>
      place !== label &&
      !isUsageName(header![place]) &&
      NEARLY.test(header![place]) &&
      new Set(rows.map((row) => row[place])).size < Math.max(2, rows.length),
  );

/** Two or more columns of zeros and ones alone, and whether each row has one 1; null for a table with others. */
function onesOf(table: Table, id: number): { places: number[]; isOneEach: boolean } | null {
  const { header, rows, columns } = table;
  const places = [...Array(columns).keys()].filter(
    (place) => place !== id && ![isPartName, isUsageName, isIdName].some((is) => is(header![place])),
  );
  const isBit = (cell: string): boolean => /^[01](\.0*)?$/.test(cell);
  if (places.length < 2 || !rows.every((row) => places.every((place) => isBit(row[place])))) return null;
  const isOneEach = rows.every((row) => places.reduce((sum, place) => sum + Number(row[place]), 0) === 1);
  return { places, isOneEach };
}

function whyNoLabel({ table, id }: NamedTable): string[] {
  if (!table.header || table.columns < 3) return [];
  const names = printable(
    table.header
      .filter((_, place) => place !== id)
      .slice(0, 8)
      .join(', '),
    120,
  );
  return [
    onesOf(table, id)
      ? `${table.file} names images, and some have several classes or none (1 in the columns ${names}): ` +
        'only one class for each image is meant.'
      : `${table.file} names images and has several columns (${names}), none of which is called label: ` +
        'several targets are not meant. Describe which one column is `label`.',
  ];
}

/**
 * @param ids that a submission has: a column of these goes before others
 * @returns the column, and the folder with the images that it names
 */
export function namesImages(
  table: Table,
  inventory: Inventory,
  ids: ReadonlySet<string> = new Set(),
): NamedTable | null {
  const folderOf = folderFinder(table, inventory);
  const columns = [...Array(table.columns).keys()].flatMap((id) => {
    const values = table.rows.map((row) => row[id]);
    const known = values.flatMap((value) => folderOf(value) ?? []);
    if (known.length < 0.9 * values.length || known.length === 0) return [];
    return [
      {
        id,
        known,
        isOfIds: values.some((value) => ids.has(value)),
        different: new Set(values).size,
        isFile: isImageName(values[0]),
      },
    ];
  });
  // Labels may be names of images too, but each image has its own name.
  const [best] = columns.toSorted(
    (a, b) =>
      Number(b.isOfIds) - Number(a.isOfIds) ||
      b.different - a.different ||
      Number(b.isFile) - Number(a.isFile) ||
      a.id - b.id,
  );
  if (!best) return null;
  const { id, known } = best;
  const [folder] = known;
  return { table, id, folder: known.every((one) => one === folder) ? folder : commonFolder(known) };
}

/** By the folder of a table, since many tables of an inventory are looked at several times. */
const finders = new WeakMap<Inventory, Map<string, FolderFinder>>();

type FolderFinder = (name: string) => string | undefined;

/** @returns a function that finds the folder of the image that a table names; undefined for none */
export function folderFinder({ file }: Table, inventory: Inventory): FolderFinder {
  const own = file.slice(0, file.lastIndexOf('/') + 1);
  const known = finders.get(inventory) ?? new Map<string, FolderFinder>();
  finders.set(inventory, known);
  const found = known.get(own) ?? finderFrom(own, inventory);
  known.set(own, found);
  return found;
}

function finderFrom(own: string, { images }: Inventory): FolderFinder {
  const folders = new Map<string, string>();
  for (const path of images) {
    for (const key of namesOfImage(path)) folders.set(key, dirname(path));
    // As seen from the table.
    if (path.startsWith(own)) folders.set(composed(path.slice(own.length)), dirname(path));
  }
  return (name) => {
    const path = pathsOf(composed(name)).find((one) => folders.has(one));
    return path === undefined ? undefined : folders.get(path);
  };
}

function commonFolder(folders: readonly string[]): string {
  const split = folders.map((folder) => folder.split('/'));
  const common = split[0].filter((part, i) =>
    split.every((parts) => parts[i] === part && parts.slice(0, i).join() === split[0].slice(0, i).join()),
  );
  return common.join('/') || '.';
}
