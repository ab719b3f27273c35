/** A draft from image files: a folder for each class, or a table of their names. */

import { basename, dirname, join } from 'node:path';
import { printable } from '../../base/printable.ts';
import type { SourceDescription } from '../description.ts';
import { withoutSuffix } from '../image-tree.ts';
import { inOrder } from '../in-order.ts';
import {
  foldersOf,
  labelledFolders,
  named,
  namesImages,
  onlyFolder,
  type Sources,
  TEST_NAME,
  where,
} from './from-names.ts';
import { type Notes, VALIDATION_NAME } from './notes.ts';
import { strangersIn, tellLeftOut } from './left-out.ts';
import { childrenOf, holdersIn, isPart, isTestFolder, isWithin, outerHolder } from './nested-folders.ts';
import { partsOf } from './parts.ts';
import { sizeOf } from './image-sample.ts';
import type { Inventory } from './inventory.ts';
import { type Draft, isUsageName, type Table, type Tables } from './tables.ts';

export async function fromImages(inventory: Inventory, tables: Tables, notes: Notes): Promise<Draft | null> {
  if (inventory.images.length === 0) return null;
  // A list of validation images is no list of all, as in `val/val_annotations.txt` beside folders of the classes.
  const isOfValidation = ({ file }: Table): boolean => VALIDATION_NAME.test(file);
  const [ofValidation, lists] = [true, false].map((is) => tables.all.filter((table) => isOfValidation(table) === is));
  const found =
    (await named(inventory, { ...tables, all: lists }, notes)) ??
    (await byFolder(inventory, tables, lists, notes)) ??
    byFileName(inventory, notes) ??
    (await named(inventory, { ...tables, all: ofValidation }, notes));
  if (!found) {
    notes.unclear.push(...strangersIn(tables.all, inventory));
    return null;
  }
  const { train, test } = found;
  if (!('folder' in train)) return null;
  const said = train.format === 'folders' && test === null ? splitsIn(tables) : [];
  await tellLeftOut(inventory, tables, found, said, notes);
  const size = await sizeOf(inventory, train.folder, notes);
  return { ...found, labels: 'name', ...size };
}

/** @param lists tables that may name training images */
async function byFolder(
  inventory: Inventory,
  tables: Tables,
  lists: readonly Table[],
  notes: Notes,
): Promise<Sources | null> {
  const counts = withoutInner(foldersOf(inventory));
  const children = childrenOf(counts);
  const imagesBelow = (folder: string): number =>
    counts.entries().reduce((sum, [path, count]) => sum + (path !== folder && isWithin(path, folder) ? count : 0), 0);
  const holders = holdersIn(children);
  const rank = (folder: string): number =>
    (/train/i.test(folder) ? 1e9 : TEST_NAME.test(folder) ? -1e9 : 0) +
    children.get(folder)!.reduce((sum, child) => sum + counts.get(join(folder, child))!, 0);
  const [leaf] = holders.toSorted((a, b) => rank(b) - rank(a));
  if (leaf === undefined) return null;
  const outer = /train/i.test(leaf) ? null : outerHolder(counts, leaf);
  const train = outer?.folder ?? leaf;
  const belowClass = (path: string): string =>
    path
      .split('/')
      .slice(train === '.' ? 1 : train.split('/').length + 1)
      .join('/');
  const masks = inventory.images.filter((path) => isWithin(path, train) && MASK_NAME.test(`/${belowClass(path)}`));
  if (masks.length >= LEAST_MASKS * imagesBelow(train)) {
    notes.unclear.push(
      `${masks.length} of the ${imagesBelow(train)} images of ${train} are called masks, such as ${printable(masks[0], 80)}: ` +
        'a class for each pixel is not meant, only one for an image. Move the masks to another folder.',
    );
    return null;
  }
  if (outer) {
    notes.unclear.push(
      `${where(train)} has folders within folders: that the outer ones are the classes is a guess. ` +
        'Otherwise write another folder as `folder` of `train`: those just below it are the classes.',
    );
    children.set(train, outer.classes);
  }
  const classes = children.get(train)!;
  const mixed = mixedFolders(inventory, { ...tables, all: lists }, train, classes);
  if (mixed.length > 0) {
    const others = classes.filter((name) => !mixed.includes(name));
    if (others.length >= 2) {
      notes.unclear.push(
        `${printable(mixed.join(', '), 60)} is no class, but lies beside the folders of the classes (${printable(others.join(', '), 120)}). ` +
          'Move those into a folder of their own, such as train.',
      );
    }
    return null;
  }
  const isKnown = (folder: string): boolean => children.get(folder)!.every((child) => classes.includes(child));
  const labelled = holders.find((folder) => folder !== train && TEST_NAME.test(folder) && isKnown(folder));
  const flat = [...counts.keys()].find(
    (folder) => TEST_NAME.test(folder) && folder !== train && !classes.includes(basename(folder)),
  );
  const isKaggle = tables.sample !== null;
  const test: SourceDescription | null =
    labelled !== undefined && !(isKaggle && flat !== undefined)
      ? { format: 'folders', folder: labelled }
      : flat === undefined
        ? null
        : { format: 'files', folder: flat, table: null, classInName: false };
  notes.understood.push(
    `${where(train)}: a folder for each of ${classes.length} classes, ${imagesBelow(train)} images.`,
    ...(test && 'folder' in test
      ? [`${where(test.folder)}: the test images${test.format === 'folders' ? ', with labels' : ''}.`]
      : []),
  );
  const empty = inventory.emptyFolders.filter((folder) => dirname(folder) === train);
  if (empty.length > 0) {
    notes.unclear.push(
      `${printable(empty.join(', '), 120)}: no images, so no class. Put the images there, or remove the folder.`,
    );
  }
  const splits = splitsIn(tables);
  if (test === null && splits.length > 0) {
    notes.unclear.push(
      `${printable(splits.map(({ file }) => file).join(', '), 120)}: which images are for the test is not read beside folders of classes, ` +
        `so all images of ${train === '.' ? 'the folder' : train} are for training. Move those for the test into a folder of their own, such as test.`,
    );
  }
  const list = tables.all
    .flatMap((table) => namesImages(table, inventory) ?? [])
    .find(({ folder }) => folder === train || train === '.' || folder.startsWith(`${train}/`));
  const parts = list ? await partsOf(list.table, notes, list.id, true) : {};
  return { classes: inOrder(classes), train: { format: 'folders', folder: train }, test, ...parts };
}

/** Folders beside those of classes that are none: a table tells the classes of their images, or submissions name these. */
function mixedFolders(inventory: Inventory, tables: Tables, holder: string, classes: readonly string[]): string[] {
  const { sample } = tables;
  const labelled = labelledFolders(inventory, tables);
  const naming = sample && namesImages(sample, inventory);
  const ofTest = naming && onlyFolder(naming, inventory)?.folder;
  const isLabelled = (name: string): boolean => labelled.has(join(holder, name));
  // Each class may have a list of its own.
  const haveLists = classes.every(isLabelled);
  return classes.filter(
    (name) =>
      (isLabelled(name) && !haveLists) || (sample !== null && isTestFolder(name)) || join(holder, name) === ofTest,
  );
}

/** Tables that say which images are for the test. */
const splitsIn = ({ all }: Tables): Table[] =>
  all.filter(({ file, header }) => /split/i.test(basename(file)) || header?.some(isUsageName));

/** Masks that tell the class of each pixel, as those of Cityscapes; a class may be called so too. */
const MASK_NAME = /\/masks?\/|[_-](masks?|label(train)?ids|instanceids|segmentation)\.[a-z]+$/i;
const LEAST_MASKS = 0.2;
const INNER_NAME = /^(images?|imgs?|jpe?g|png)$/i;

/** The images of a class may lie in one folder more, as in `train/n01443537/images`. */
function withoutInner(counts: ReadonlyMap<string, number>): Map<string, number> {
  const outer = new Map<string, string>();
  for (const folder of counts.keys()) {
    if (INNER_NAME.test(basename(folder)) && folder.includes('/')) outer.set(folder, dirname(folder));
  }
  const areClasses = (holder: string): boolean => {
    const siblings = [...counts.keys()].filter((folder) => dirname(outer.get(folder) ?? folder) === holder);
    return (
      siblings.length >= 2 && siblings.every((folder) => outer.has(folder) && !isPart(basename(outer.get(folder)!)))
    );
  };
  const areClassesOf = new Map(
    [...new Set(outer.values().map((folder) => dirname(folder)))].map((holder) => [holder, areClasses(holder)]),
  );
  const result = new Map<string, number>();
  for (const [folder, count] of counts) {
    const parent = outer.get(folder);
    result.set(parent !== undefined && areClassesOf.get(dirname(parent)) ? parent : folder, count);
  }
  return result;
}

/** Fewer images of a class are no sign that names tell classes. */
const LEAST_OF_A_NAME = 2;
const MOST_NAMES = 200;

/** One folder of images whose names begin with their class: cat.0.jpg, dog_12.png. */
function byFileName(inventory: Inventory, notes: Notes): Sources | null {
  const folders = [...foldersOf(inventory).keys()];
  const classesIn = (folder: string): Map<string, number> | null => {
    const counts = new Map<string, number>();
    for (const path of inventory.images) {
      if (dirname(path) !== folder) continue;
      const found = /^(.*?\p{L})[^\p{L}\d]*\d+$/u.exec(withoutSuffix(basename(path)))?.[1];
      if (found === undefined) return null;
      counts.set(found, (counts.get(found) ?? 0) + 1);
    }
    const isMeant = counts.size >= 2 && counts.size <= MOST_NAMES;
    return isMeant && counts.values().every((count) => count >= LEAST_OF_A_NAME) ? counts : null;
  };
  const train = folders
    .filter((folder) => !TEST_NAME.test(folder))
    .map((folder) => ({ folder, counts: classesIn(folder) }))
    .find(({ counts }) => counts !== null);
  if (!train?.counts) return null;
  const test = folders.find((folder) => folder !== train.folder && TEST_NAME.test(folder));
  const count = train.counts.values().reduce((sum, of) => sum + of, 0);
  notes.understood.push(
    `${where(train.folder)}: ${count} images whose names begin with one of ${train.counts.size} classes.`,
    ...(test === undefined ? [] : [`${where(test)}: the test images.`]),
  );
  return {
    classes: inOrder([...train.counts.keys()]),
    train: { format: 'files', folder: train.folder, table: null, classInName: true },
    test: test === undefined ? null : { format: 'files', folder: test, table: null, classInName: false },
  };
}
