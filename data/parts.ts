/** Which group or fold each training image is of: from a column, from a table of its own, or from folders. */

import { UserError } from '../base/user-error.ts';
import { quoted } from '../base/printable.ts';
import { findSource } from './archive.ts';
import type { Competition } from './competition.ts';
import { placeIn, readTable } from './csv.ts';
import type { PartDescription } from './description.ts';
import { dataDirectory } from './directory.ts';
import { composed, namesOfImage, plainPath, tailsOf } from './image-tree.ts';
import type { PixelRows } from './images.ts';
import { inOrder } from './in-order.ts';
import type { FoldRule } from './split.ts';

/**
 * @param rows the training images as they were read
 * @param names what messages call the files that they are from, the table last
 * @returns undefined where nothing but the classes decides the folds
 * @throws UserError if an image has no group or fold, or there are more than can be told apart
 */
export async function foldRule(
  competition: Competition,
  rows: PixelRows,
  names: readonly string[],
  { dataDir }: { readonly dataDir?: string },
): Promise<FoldRule | undefined> {
  const { folds } = competition;
  if (!folds) return undefined;
  const { isStratified, part } = folds;
  if (!part) return { isStratified };
  const { texts, from } = await textsOf(part.at, rows, names, dataDirectory(competition, dataDir));
  const nothing = texts.indexOf('');
  if (nothing >= 0) {
    throw new UserError(
      `${from}: expected a ${part.is} for every image, got nothing for image ${nothing + 1}. Fill it in.`,
    );
  }
  const different = inOrder([...new Set(texts)]);
  const numbers = new Map(different.map((text, i) => [text, i]));
  const of = new Uint32Array(new SharedArrayBuffer(texts.length * Uint32Array.BYTES_PER_ELEMENT));
  for (const [row, text] of texts.entries()) of[row] = numbers.get(text)!;
  return { isStratified, part: { is: part.is, of, count: different.length, source: from } };
}

async function textsOf(
  at: PartDescription,
  rows: PixelRows,
  names: readonly string[],
  directory: string,
): Promise<{ texts: readonly string[]; from: string }> {
  if (typeof at !== 'object') return { texts: rows.parts!, from: `column \`${at}\` of ${names.at(-1)}` };
  const { ids } = rows;
  const [source] = names;
  if (!ids) {
    throw new UserError(
      `${source}: expected images with names, by which their groups are found, got none. Name a column of the table.`,
    );
  }
  if ('level' in at) return { texts: ids.map((id) => folderOf(id, at.level, source)), from: `folders of ${source}` };
  const table = await findSource(directory, at.file);
  if (!table) throw new UserError(`${directory}: expected ${at.file} with the groups, found none. Put it there.`);
  const { header, rows: lines } = await readTable(table, null, { delimiter: at.delimiter });
  const [idPlace, partPlace] = [placeIn(table.name, header, at.id), placeIn(table.name, header, at.column)];
  const known = new Map<string, string>();
  for (const { line, cells } of at.header ? lines : [{ line: 1, cells: header }, ...lines]) {
    const [id, text] = [cells[idPlace].trim(), cells[partPlace].trim()];
    const earlier = known.get(id);
    if (text === '' || (earlier !== undefined && earlier !== text)) {
      const what = text === '' ? `${quoted(id, 60)} with none` : `${quoted(id, 60)} in ${quoted(earlier!, 40)} before`;
      throw new UserError(
        `${table.name}:${line}: expected one value for each image, got ${what}. Correct that line, or name the images by another column.`,
      );
    }
    known.set(id, text);
  }
  return { texts: matched(ids, known, table.name), from: `column \`${at.column}\` of ${table.name}` };
}

/** Finds the row of each image by its path or its name, with or without suffix. */
function matched(ids: readonly string[], written: ReadonlyMap<string, string>, table: string): string[] {
  const known = withTails(written);
  const users = new Map<string, string>();
  return ids.map((id) => {
    const name = namesOfImage(id).find((one) => known.has(one));
    const other = name === undefined ? undefined : users.get(name);
    if (name !== undefined && other === undefined) {
      users.set(name, id);
      return known.get(name)!;
    }
    const found = name === undefined ? 'none' : `the same one for ${quoted(other!, 60)}`;
    throw new UserError(
      `${table}: expected a row for each training image, got ${found} for ${quoted(id, 60)}. Put files that belong together there.`,
    );
  });
}

/** Names as they are written, and as they are seen from any folder above where that means one of them alone. */
function withTails(written: ReadonlyMap<string, string>): Map<string, string> {
  const tails = [...written.keys()].flatMap((name) =>
    tailsOf(plainPath(name)).map((tail) => [tail, written.get(name)!] as const),
  );
  const counts = new Map<string, number>();
  for (const [tail] of tails) counts.set(tail, (counts.get(tail) ?? 0) + 1);
  const unique = tails.filter(([tail]) => counts.get(tail) === 1);
  return new Map([
    ...[...unique, ...written].map(([name, text]) => [composed(name), text] as const),
    ...unique,
    ...written,
  ]);
}

function folderOf(id: string, level: number, source: string): string {
  const folders = id.split('/').slice(0, -1);
  const folder = folders[level - 1];
  if (folder !== undefined) return folder;
  throw new UserError(
    `${source}: expected images in ${level} folders, one in the other, got ${quoted(id, 60)}. Correct \`level\`.`,
  );
}
