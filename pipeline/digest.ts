/** Digests of what decides a result, so that kept results are used for nothing else. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MODULE_EXTENSION, PROGRAM_ROOT } from '../base/modules.ts';
import { sha256 } from '../base/sha256.ts';
import { type Images, type LabelledImages, pixelPieces } from '../data/index.ts';

/** SHA-256 of plain data as JSON, in hexadecimal digits. */
export const digestOf = (value: unknown): string => sha256(JSON.stringify(value));

/** SHA-256 of images, and of labels and what decides their folds where they have such. */
export function digestOfImages(images: Images & Partial<Pick<LabelledImages, 'labels' | 'folds'>>): string {
  const { shape, labels, folds } = images;
  const hash = createHash('sha256').update(JSON.stringify(shape));
  for (const piece of pixelPieces(images)) hash.update(piece);
  hash.update(labels ?? '');
  if (folds) hash.update(JSON.stringify(folds.isStratified)).update(folds.part?.is ?? '');
  return hash.update(folds?.part?.of ?? '').digest('hex');
}

/** Digests by the places. A process computes each once, since it goes on with the modules that it has loaded. */
const digests = new Map<string, string>();

/**
 * Digest of the names and texts of the program's own modules: an edit of the program may change any result.
 * @param places see `sourcesIn`
 */
export function digestOfSources(places: readonly string[]): string {
  const key = places.join();
  const known = digests.get(key);
  if (known !== undefined) return known;
  const digest = digestOf(sourcesIn(places).map((file) => [file, readFileSync(join(PROGRAM_ROOT, file), 'utf8')]));
  digests.set(key, digest);
  return digest;
}

/**
 * The program's own modules, relative to its folder, sorted.
 * @param places folders, whose modules count with those of their subfolders, and modules without their extension
 */
export function sourcesIn(places: readonly string[]): string[] {
  return places.flatMap((place) => (isModule(place) ? [place + MODULE_EXTENSION] : modulesIn(place))).toSorted();
}

const isModule = (place: string): boolean => existsSync(join(PROGRAM_ROOT, place + MODULE_EXTENSION));

/** The package has no sources of kernels. */
function modulesIn(folder: string): string[] {
  const path = join(PROGRAM_ROOT, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(MODULE_EXTENSION))
    .map((file) => join(folder, file));
}
