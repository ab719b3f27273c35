/** Text files that name images, one in a line, without their classes: often the parts of a set, as in `test.txt`. */
import { findSource } from '../archive.ts';
import { composed, namesOfImage, plainPath, tailsOf } from '../image-tree.ts';
import type { Inventory } from './inventory.ts';
import { eachLine } from './lines.ts';
import { filesOf, isTableFile, type Tables } from './tables.ts';

const MOST_LISTS = 20;
/** Lines of a file that are looked at, all of which must name an image. */
const LOOKED_AT = 5;

export interface ImageList {
  readonly file: string;
  /** The first names in it. */
  readonly names: readonly string[];
}

/** The lists, none of which a description can name. */
export async function imageLists({ directory, files, images }: Inventory, tables: Tables): Promise<ImageList[]> {
  const read = filesOf(tables);
  const others = files.filter((file) => isTableFile(file) && !read.has(file)).slice(0, MOST_LISTS);
  if (others.length === 0) return [];
  const known = new Set(images.flatMap((path) => tailsOf(path).flatMap(namesOfImage)));
  const isKnown = (line: string): boolean => known.has(composed(plainPath(line)));
  const lists: ImageList[] = [];
  for (const file of others) {
    const lines = await firstLines(directory, file);
    const names = lines.filter(isKnown);
    // The first line may be a header.
    const isList = names.length === lines.length || (names.length === lines.length - 1 && !isKnown(lines[0]));
    if (names.length > 0 && isList) lists.push({ file, names });
  }
  return lists;
}

/** @returns none of a file that cannot be read: a sentence says so already */
async function firstLines(directory: string, file: string): Promise<string[]> {
  const lines: string[] = [];
  const source = await findSource(directory, file).catch(() => null);
  if (!source) return lines;
  await eachLine(source, (line) => {
    if (line.trim() !== '') lines.push(line.trim());
    return lines.length === LOOKED_AT;
  }).catch(() => {});
  return lines;
}
