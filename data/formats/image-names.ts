/** The table that names image files: its rows, and the file that each of them means. */
import { printable, quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { placeIn, readTable } from '../csv.ts';
import type { Column, FilesDescription } from '../description.ts';
import type { ExpectedImages } from '../format.ts';
import { composed, namesOfImage, pathsOf, plainPath } from '../image-tree.ts';
import { labelChoices, labelReader, type LabelTexts } from '../label-table.ts';
import type { Source } from '../source.ts';

/** One image that is wanted. */
export interface Wanted {
  readonly path: string;
  readonly id: string;
  readonly label: number | null;
  readonly part?: string;
}

export type TableOfFiles = NonNullable<FilesDescription['table']>;

interface NamedRow {
  readonly line: number;
  readonly id: string;
  readonly label: number | null;
  readonly part?: string;
}

/** The rows that are meant, with the labels that they say. @throws UserError naming the first wrong line */
export async function readNames(
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
 * @param table name of the table, for messages
 * @param folder name of the folder, for messages
 * @param within folder of the images in the data folder, which paths may begin with
 * @throws UserError naming the first line whose file is missing or named twice
 */
export function filesOfRows(
  table: string,
  folder: string,
  within: string,
  paths: readonly string[],
  rows: readonly NamedRow[],
): Wanted[] {
  const found = new Map<string, string | null>();
  for (const path of paths) {
    for (const key of namesOfImage(path)) {
      // A name that several files have says nothing, except for a file whose whole path it is.
      if (key === path) found.set(key, path);
      else if (found.get(key) !== key) found.set(key, found.has(key) ? null : path);
    }
  }
  const lines = new Map<string, number>();
  // `images/train`, or `train` where the table lies in `images`.
  const beginnings = within.split('/').map((_, i, parts) => `${parts.slice(i).join('/')}/`);
  /** A path as it is seen from the folder of the images: from where it begins with that folder. */
  const below = (path: string): string[] => {
    const beginning = within === '.' ? '' : beginnings.find((one) => path.startsWith(one));
    return beginning === undefined ? [] : [path.slice(beginning.length)];
  };
  return rows.map(({ line, id, label, part }) => {
    const path = [id, plainPath(id), ...pathsOf(id).flatMap(below)]
      .flatMap((name) => [name, composed(name)])
      .map((name) => found.get(name))
      .find((one) => one !== undefined);
    const earlier = path ? lines.get(path) : undefined;
    if (path && earlier === undefined) {
      lines.set(path, line);
      return { path, id, label, ...(part !== undefined && { part }) };
    }
    if (earlier !== undefined) {
      throw new UserError(
        `${table}:${line}: expected every image once, got ${quoted(id, 60)} as on line ${earlier}. Remove one of the rows.`,
      );
    }
    const got = path === null ? 'a name that several have' : 'of which there is none';
    const remedy =
      path === null ? 'Write its whole path.' : 'Correct that line, or put files that belong together there.';
    throw new UserError(`${table}:${line}: expected an image of ${folder}, got ${quoted(id, 60)}, ${got}. ${remedy}`);
  });
}
