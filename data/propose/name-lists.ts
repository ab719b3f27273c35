/** Text files that name images, one in a line, without their classes: often the parts of a set, as in `test.txt`. */
import { printable } from '../../base/printable.ts';
import { findSource } from '../archive.ts';
import { namesOfImage, plainPath, tailsOf } from '../image-tree.ts';
import type { Inventory } from './inventory.ts';
import { eachLine } from './lines.ts';
import { filesOf, isTableFile, type Tables } from './tables.ts';

const MOST_LISTS = 20;
/** Lines of a file that are looked at, all of which must name an image. */
const LOOKED_AT = 5;

/** @returns a sentence on the lists, which nothing reads; none where there are none */
export async function whyNoLists({ directory, files, images }: Inventory, tables: Tables): Promise<string[]> {
  const read = filesOf(tables);
  const others = files.filter((file) => isTableFile(file) && !read.has(file)).slice(0, MOST_LISTS);
  if (others.length === 0) return [];
  const names = new Set(images.flatMap((path) => tailsOf(path).flatMap(namesOfImage)));
  const lists: string[] = [];
  for (const file of others) {
    const lines: string[] = [];
    const source = await findSource(directory, file).catch(() => null);
    if (!source) continue;
    await eachLine(source, (line) => {
      if (line.trim() !== '') lines.push(line.trim());
      return lines.length === LOOKED_AT;
    }).catch(() => {});
    if (lines.length > 0 && lines.every((line) => names.has(plainPath(line)))) lists.push(file);
  }
  if (lists.length === 0) return [];
  return [
    `Lists of images without their classes are not read (${printable(lists.join(', '), 120)}). ` +
      'Put the images that are not for training into a folder of their own.',
  ];
}
