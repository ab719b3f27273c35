/** What a proposal leaves out: folders and images that nothing names, and tables and lists that nothing reads. */

import { dirname } from 'node:path';
import { counted, integer } from '../../base/format.ts';
import { printable, quoted } from '../../base/printable.ts';
import { composed, isImageName, namesOfImage, plainPath, tailsOf } from '../image-tree.ts';
import { maximumRows } from '../images.ts';
import { isIdName, isLabelName, type Table, type Tables, valuesOf } from './tables.ts';
import { folderFinder, namesImages, type Sources } from './from-names.ts';
import type { Inventory } from './inventory.ts';
import { imageLists } from './name-lists.ts';
import { isWithin } from './nested-folders.ts';
import { type Notes, notUsed } from './notes.ts';

/** Adds what is left out to the notes. @param said tables that a sentence is about already */
export async function tellLeftOut(
  inventory: Inventory,
  tables: Tables,
  found: Sources,
  said: readonly Table[],
  notes: Notes,
): Promise<void> {
  const used = filesOf(found);
  const tablesLeft = tables.all.filter((table) => !used.has(table.file) && !said.includes(table));
  const named = tablesLeft.filter((table) => namesUsed(table, inventory, found));
  const lists = await imageLists(inventory, tables);
  const ofTest = lists.filter(({ names }) => names.every(isTestName(inventory, tables, found)));
  notes.understood.push(
    ...notUsed([
      ...foldersLeft(inventory, found),
      ...named.map(({ file }) => file),
      ...ofTest.map(({ file }) => file),
      ...(await imagesLeft(inventory, tables, found)),
    ]),
  );
  notes.unclear.push(...strangersIn(tablesLeft, inventory), ...(await notInSample(inventory, tables, found)));
  const unread = lists.filter((list) => !ofTest.includes(list)).map(({ file }) => file);
  if (unread.length > 0) {
    notes.unclear.push(
      `Lists of images without their classes are not read (${printable(unread.join(', '), 120)}). ` +
        'Put the images that are not for training into a folder of their own.',
    );
  }
}

/** Files that a description names. */
function filesOf({ train, test, group, fold }: Sources): ReadonlySet<string> {
  const ofImages = [train, test].flatMap((source) =>
    source?.format === 'files' && source.table ? [source.table] : [],
  );
  const ofParts = [group, fold].flatMap((part) => (typeof part === 'object' && part && 'file' in part ? [part] : []));
  return new Set([...ofImages, ...ofParts].map(({ file }) => file));
}

const foldersOf = (source: Sources['test']): string[] => (source && 'folder' in source ? [source.folder] : []);

/** Whether a table names images that are used; one of folders that are left out goes with these. */
function namesUsed(table: Table, inventory: Inventory, { train, test }: Sources): boolean {
  const naming = namesImages(table, inventory);
  if (!naming) return false;
  const folderOf = folderFinder(table, inventory);
  const used = [train, test].flatMap(foldersOf);
  return table.rows.some((row) => {
    const folder = folderOf(row[naming.id]);
    return folder !== undefined && used.some((one) => isWithin(folder, one));
  });
}

/** Folders with images that are neither trained on nor predicted, the outermost ones. */
function foldersLeft({ images }: Inventory, { train, test }: Sources): string[] {
  const used = [train, test].flatMap(foldersOf);
  const counts = new Map<string, number>();
  for (const path of images) {
    if (used.some((folder) => isWithin(path, folder))) continue;
    const parts = dirname(path).split('/');
    const places = parts.map((_, i) => parts.slice(0, i + 1).join('/'));
    const outermost = places.find((place) => !used.some((folder) => isWithin(folder, place))) ?? dirname(path);
    counts.set(outermost, (counts.get(outermost) ?? 0) + 1);
  }
  return [...counts].map(([folder, count]) => `${nameOfFolder(folder)} (${counted(count, 'image')})`);
}

const nameOfFolder = (folder: string): string => (folder === '.' ? 'the folder itself' : folder);

/** Images beside those that the tables name. */
async function imagesLeft(inventory: Inventory, tables: Tables, { train, test }: Sources): Promise<string[]> {
  if (train.format !== 'files' || !train.table) return [];
  const { folder } = train;
  const [ofTest] = foldersOf(test);
  // All images of the folder are predicted.
  if (ofTest === folder && test?.format === 'files' && !test.table) return [];
  const isOfTest = (path: string): boolean => ofTest !== undefined && ofTest !== folder && isWithin(path, ofTest);
  const images = inventory.images.filter((path) => isWithin(path, folder) && !isOfTest(path));
  const naming = [...tables.all, ...(tables.sample ? [tables.sample] : [])].flatMap(
    (table) => namesImages(table, inventory) ?? [],
  );
  const left = new Set(images);
  const pathOf = pathFinder(images);
  for (const { table, id } of naming) {
    for (const name of (await valuesOf(table, id, maximumRows)) ?? []) left.delete(pathOf(name) ?? '');
  }
  if (left.size === 0) return [];
  return [
    `${integer(left.size)} of the ${counted(images.length, 'image')} of ${nameOfFolder(folder)}, which no table names`,
  ];
}

/** Test images that the sample submission does not name, which are not predicted. */
async function notInSample(inventory: Inventory, { sample }: Tables, { train, test }: Sources): Promise<string[]> {
  if (!sample || test?.format !== 'files' || test.table || foldersOf(train)[0] === test.folder) return [];
  const naming = namesImages(sample, inventory);
  const names = naming && (await valuesOf(sample, naming.id, maximumRows));
  if (!names) return [];
  const images = inventory.images.filter((path) => isWithin(path, test.folder));
  const left = new Set(images);
  const pathOf = pathFinder(images);
  for (const name of names) left.delete(pathOf(name) ?? '');
  if (left.size === 0) return [];
  return [
    `${integer(left.size)} of the ${counted(images.length, 'test image')} ${left.size === 1 ? 'is' : 'are'} not in ${sample.file} ` +
      `(the first one: ${printable([...left][0], 60)}), and would not be predicted. Complete that file, or remove it.`,
  ];
}

/** @returns a function that finds the image of a name, by its longest end that one has */
function pathFinder(paths: readonly string[]): (name: string) => string | undefined {
  const known = new Map(
    paths.flatMap((path) =>
      tailsOf(path)
        .flatMap(namesOfImage)
        .map((name) => [name, path] as const),
    ),
  );
  return (name) => {
    const end = tailsOf(composed(plainPath(name))).find((tail) => known.has(tail));
    return end === undefined ? undefined : known.get(end);
  };
}

/** Whether a list may name images of the test alone: those of its folder, or of the sample submission. */
function isTestName(inventory: Inventory, { sample }: Tables, { train, test }: Sources): (name: string) => boolean {
  const [ofTest] = foldersOf(test);
  const [ofTrain] = foldersOf(train);
  const images = inventory.images.filter(
    (path) => ofTest !== undefined && ofTest !== ofTrain && isWithin(path, ofTest),
  );
  const pathOf = pathFinder(images);
  const ids = new Set(sample?.rows.map(([id]) => id));
  return (name) => pathOf(name) !== undefined || ids.has(name);
}

const MOST_SAID = 3;
/** What columns of names are called, if the names have no suffix. */
const FILE_NAME = /file|img|image|path/i;

/** Sentences on tables with labels and names, of which too many are no images here. */
export function strangersIn(tables: readonly Table[], inventory: Inventory): string[] {
  if (inventory.images.length === 0) return [];
  const [example] = inventory.images;
  return tables
    .flatMap((table) => {
      const place = placeOfNames(table);
      if (place < 0 || namesImages(table, inventory) !== null) return [];
      const folderOf = folderFinder(table, inventory);
      const names = table.rows.map((row) => row[place]);
      const strangers = names.filter((name) => folderOf(name) === undefined);
      const which =
        strangers.length < names.length ? `${strangers.length} of its first ${names.length} names` : 'its names';
      return [
        `${table.file} is not read: ${which} are no images here (the first one: ${quoted(strangers[0], 60)}). ` +
          `Write them as paths in the data folder, such as ${printable(example, 60)}, or remove the table.`,
      ];
    })
    .slice(0, MOST_SAID);
}

/** The column that is meant to name images; −1 for none. */
function placeOfNames({ header, rows, columns }: Table): number {
  const places = [...Array(columns).keys()];
  const ofFiles = places.find((place) => rows.every((row) => isImageName(row[place])));
  if (ofFiles !== undefined) return ofFiles;
  if (!header?.some(isLabelName)) return -1;
  return header.findIndex((name) => isIdName(name) && FILE_NAME.test(name));
}
