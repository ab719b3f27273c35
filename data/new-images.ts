/** Images that are no part of a competition, from files, folders and tables, batch by batch. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import pLimit from 'p-limit';
import { displayPath } from '../base/paths.ts';
import { readFolder } from '../base/read-folder.ts';
import { codeOf } from '../base/system-error.ts';
import { UserError } from '../base/user-error.ts';
import { adaptImage, Changes } from './adaptation.ts';
import { invertIfMeant, type Wanted } from './adapt-pixels.ts';
import type { ImageForm } from './competition.ts';
import { brokenImage } from './decode-image.ts';
import { imagesIn, readImage, SIDE_BY_SIDE } from './image-tree.ts';
import { allPixels, imageSize, type Images } from './images.ts';
import { isTableName, readNewTable } from './new-tables.ts';

/** Most images of a batch, and most bytes. */
const MOST_IMAGES = 256;
const MOST_BYTES = 1 << 26;

/** Where an image is from. */
export interface NewImage {
  /** Path as it was named, or below the folder that was named. */
  readonly file: string;
  /** As the table writes it, or the number of the row from 1; null for an image file. */
  readonly id: string | null;
}

export interface NewBatch {
  readonly images: Images;
  readonly from: readonly NewImage[];
}

export interface NewImages {
  /** In the order in which they were named; those of a folder in the order of their letters. */
  readonly batches: AsyncGenerator<NewBatch>;
  /** What was done to them so far. */
  readonly changes: Changes;
  /** What had to be guessed about tables, in sentences. */
  readonly notes: string[];
  /** Files that could not be read and were left out. */
  readonly skipped: string[];
}

/** Default form: stretched, bytes, row by row. */
const PLAIN: ImageForm = { fit: 'stretch', ground: null, scale: [0, 255], order: 'HWC' };

/**
 * Looks for the images; they are read when their batch is asked for.
 * @param paths image files, tables of images, and folders of image files
 * @param options what the network saw, and whether image files that cannot be read are left out
 * @throws UserError if a path is nothing that can be read, or a folder has no image; while reading, for an image that is
 *   broken, or a table that does not fit
 */
export async function findNewImages(
  paths: readonly string[],
  { form = PLAIN, skipBroken = false, ...wanted }: Omit<Wanted, 'fit'> & { form?: ImageForm; skipBroken?: boolean },
): Promise<NewImages> {
  const files = (await Promise.all(paths.map(filesAt))).flat();
  const adapted: Wanted = { ...wanted, fit: form.fit };
  const changes = new Changes(adapted);
  const notes: string[] = [];
  const skipped: string[] = [];
  const { shape } = wanted;
  const size = imageSize(shape);
  const most = Math.max(1, Math.min(MOST_IMAGES, Math.floor(MOST_BYTES / size)));
  const limited = pLimit(SIDE_BY_SIDE);

  /** Decodes a few files. @returns their places among these that could be read */
  const decode = async (names: readonly string[], pixels: Uint8Array): Promise<number[]> => {
    const isRead = await Promise.all(
      names.map((name, i) =>
        limited(async () => {
          const target = pixels.subarray(i * size, (i + 1) * size);
          return readNewImage(name, skipBroken, (content) => adaptImage(content, adapted, target, changes));
        }),
      ),
    );
    return [...names.keys()].filter((i) => isRead[i]);
  };

  async function* fromFiles(names: readonly string[]): AsyncGenerator<NewBatch> {
    for (let first = 0; first < names.length; first += most) {
      const part = names.slice(first, first + most);
      const pixels = new Uint8Array(new SharedArrayBuffer(part.length * size));
      const read = await decode(part, pixels);
      for (const [to, from] of read.entries()) {
        if (to !== from) pixels.copyWithin(to * size, from * size, (from + 1) * size);
      }
      const isHere = new Set(read);
      skipped.push(...part.filter((_, i) => !isHere.has(i)));
      const from = read.map((i) => ({ file: part[i], id: null }));
      if (read.length > 0) yield { images: { shape, count: read.length, pixels }, from };
    }
  }

  async function* fromTable(file: string): AsyncGenerator<NewBatch> {
    const { rows, scale, note } = await readNewTable(file, shape, form);
    if (note !== null) notes.push(note);
    if (scale !== null) changes.scaled(rows.count, scale);
    const all = allPixels(rows);
    for (let first = 0; first < rows.count; first += most) {
      const count = Math.min(most, rows.count - first);
      const pixels = all.subarray(first * size, (first + count) * size);
      for (let i = 0; i < count; i += 1) {
        if (invertIfMeant(pixels.subarray(i * size, (i + 1) * size), shape, adapted)) changes.count('inverted');
      }
      const from = Array.from({ length: count }, (_, i) => ({
        file,
        id: rows.ids?.[first + i] ?? String(first + i + 1),
      }));
      yield { images: { shape, count, pixels }, from };
    }
  }

  async function* batches(): AsyncGenerator<NewBatch> {
    // Files between two tables share batches.
    for (let at = 0; at < files.length;) {
      if (isTableName(files[at])) {
        yield* fromTable(files[at]);
        at += 1;
        continue;
      }
      const table = files.findIndex((file, i) => i > at && isTableName(file));
      const end = table === -1 ? files.length : table;
      yield* fromFiles(files.slice(at, end));
      at = end;
    }
  }
  return { batches: batches(), changes, notes, skipped };
}

/** @returns whether it could be read @throws UserError if it could not and is not to be left out */
async function readNewImage(
  name: string,
  skipBroken: boolean,
  take: (content: Buffer) => Promise<void>,
): Promise<boolean> {
  let content: Buffer;
  try {
    content = readImage(name);
  } catch (error) {
    if (skipBroken && error instanceof UserError) return false;
    throw error;
  }
  try {
    await take(content);
    return true;
  } catch (error) {
    // There are no decoders at all.
    if (error instanceof UserError) throw error;
    if (skipBroken) return false;
    throw brokenImage(displayPath(name), error, content);
  }
}

/** The files that a path means. */
async function filesAt(path: string): Promise<string[]> {
  const name = displayPath(path);
  const found = await stat(path).catch((cause: unknown) => {
    const reason = codeOf(cause) === 'ENOENT' ? 'found nothing of that name' : `it cannot be read (${codeOf(cause)})`;
    throw new UserError(`${name}: expected an image, a table of images or a folder, ${reason}. Name another one.`, {
      cause,
    });
  });
  if (!found.isDirectory()) return [path];
  const paths = await imagesIn(path);
  if (paths.length > 0) return paths.map((below) => join(path, below));
  const tables = (await readFolder(path)).filter(isTableName).toSorted();
  const hint =
    tables.length > 0
      ? `it has tables, which are named one by one: ${displayPath(join(path, tables[0]))}`
      : 'found none';
  throw new UserError(`${name}: expected a folder with images (JPEG, PNG, WebP, GIF, BMP or TIFF), ${hint}.`);
}
