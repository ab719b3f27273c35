/** Folders of classes that have folders within them. */

import { basename, dirname } from 'node:path';
import { inOrder } from '../in-order.ts';
import { TEST_NAME } from './from-names.ts';
import { VALIDATION_NAME } from './notes.ts';

export const isPart = (name: string): boolean => /^(train|test|valid|val|pred)/i.test(name);

/** A folder of test images, as `test1` or `photos_test`. */
export const isTestFolder = (name: string): boolean => /(^|[^a-z])test(s|ing)?([^a-z]|$)/i.test(name);

/** A folder of images of all classes. */
const isMixed = (name: string): boolean =>
  isPart(name) || isTestFolder(name) || /^(images?|imgs?|data|photos?|pictures?|all)$/i.test(name);

export const isWithin = (path: string, folder: string): boolean =>
  folder === '.' || `${path}/`.startsWith(`${folder}/`);

/** Names of the folders of images by the folder that they lie in. */
export function childrenOf(counts: ReadonlyMap<string, number>): Map<string, string[]> {
  const children = new Map<string, string[]>();
  for (const folder of counts.keys()) {
    if (folder !== '.') children.set(dirname(folder), [...(children.get(dirname(folder)) ?? []), basename(folder)]);
  }
  return children;
}

/** Folders with two or more folders of images. */
export const holdersIn = (children: ReadonlyMap<string, readonly string[]>): string[] =>
  [...children.keys()].filter((folder) => children.get(folder)!.length >= 2 && !children.get(folder)!.every(isMixed));

/** A folder with so many of the images holds all classes. */
const MOST_IMAGES = 0.9;
/** So many folders that hold folders of the same names, as the magnifications of BreakHis, hold no classes. */
const LEAST_ALIKE = 4;

/**
 * The folder whose folders hold nearly all images, where the classes have folders within them.
 * @param leaf the best folder of folders of images
 * @returns null where that one has most images, or the folders are the same images in several forms, as in PlantVillage
 */
export function outerHolder(
  all: ReadonlyMap<string, number>,
  leaf: string,
): { folder: string; classes: string[] } | null {
  let counts = new Map([...all].filter(([folder]) => !TEST_NAME.test(folder) && !VALIDATION_NAME.test(folder)));
  const below = (folder: string): number =>
    counts.entries().reduce((sum, [path, count]) => sum + (isWithin(path, folder) ? count : 0), 0);
  const enough = MOST_IMAGES * below('.');
  if (below(leaf) >= enough) return null;
  const children = childrenOf(counts);
  const kinds = Map.groupBy(holdersIn(children), (folder) => inOrder(children.get(folder)!).join('/'));
  const alike = new Set([...kinds.values()].filter((folders) => folders.length >= LEAST_ALIKE).flat());
  counts = new Map(
    Map.groupBy(counts, ([folder]) => (alike.has(dirname(folder)) ? dirname(folder) : folder))
      .entries()
      .map(([folder, entries]) => [folder, entries.reduce((sum, [, count]) => sum + count, 0)]),
  );
  const places = new Set(
    [...counts.keys()].flatMap((folder) => folder.split('/').map((_, i, parts) => parts.slice(0, i).join('/') || '.')),
  );
  const classesIn = (folder: string): string[] => {
    const depth = folder === '.' ? 0 : folder.split('/').length;
    return [
      ...new Set([...counts.keys()].filter((path) => isWithin(path, folder)).map((path) => path.split('/')[depth])),
    ];
  };
  const areForms = (folder: string, classes: readonly string[]): boolean => {
    const names = [...counts.keys()]
      .filter((path) => isWithin(path, folder))
      .map((path) => basename(path))
      .filter((name) => !classes.includes(name));
    return new Set(names).size < names.length;
  };
  const [folder] = [...places]
    .filter((one) => below(one) >= enough && classesIn(one).length >= 2 && !counts.has(one))
    .toSorted((a, b) => b.split('/').length - a.split('/').length);
  if (folder === undefined) return null;
  const classes = classesIn(folder);
  return areForms(folder, classes) || classes.some(isPart) ? null : { folder, classes };
}
