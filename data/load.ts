/** Loads the images of a competition: from the cache if the very same file was read before, else from the file. */

import { join } from 'node:path';
import { displayPath, findSource, hashSource, readSource, zipsIn } from './archive.ts';
import { cacheKey, readCache, writeCache } from './cache.ts';
import type { Competition } from './competition.ts';
import { dataDirectory, preparedDirectory } from './directory.ts';
import type { Images, LabelledImages } from './images.ts';
import { createPixelReader } from './pixels.ts';
import type { PixelLayout, PixelRows } from './pixels.ts';
import { UserError } from './user-error.ts';

export interface LoadOptions {
  /** Folder of the competition's files. Default: `data/raw/<id>` of the project. */
  readonly dataDir?: string;
  /** Folder of the parsed files; it need not be writable. Default: `data/cache` of the project. */
  readonly cacheDir?: string;
}

export interface TestImages {
  readonly images: Images;
  /** Submission id of each image. */
  readonly ids: Uint32Array;
  /** Only where the competition's test file carries labels. */
  readonly labels: Uint16Array<SharedArrayBuffer> | null;
}

/**
 * The training images and their labels. A built-in competition is generated on first use.
 * @throws UserError naming file and line if the file is missing or anything in it is not as the competition says
 */
export async function loadTrain(competition: Competition, options: LoadOptions = {}): Promise<LabelledImages> {
  const { train } = competition.files;
  const { count, pixels, labels } = await loadPixels(competition, train, true, options);
  const source = displayPath(join(dataDirectory(competition, options.dataDir), train));
  return { shape: competition.shape, count, pixels, labels: labels!, source };
}

/**
 * The test images and their submission ids, which are not in the file but count its rows.
 * @throws UserError as `loadTrain`
 */
export async function loadTest(competition: Competition, options: LoadOptions = {}): Promise<TestImages> {
  const { files, shape, submission, testIsLabelled } = competition;
  const { count, pixels, labels } = await loadPixels(competition, files.test, testIsLabelled, options);
  const ids = Uint32Array.from({ length: count }, (_, row) => submission.firstId + row);
  return { images: { shape, count, pixels }, ids, labels };
}

async function loadPixels(
  competition: Competition,
  file: string,
  labelled: boolean,
  options: LoadOptions,
): Promise<PixelRows> {
  const { cacheDir = join(import.meta.dirname, 'cache') } = options;
  const directory = await preparedDirectory(competition, options.dataDir);
  const source = await findSource(directory, file);
  if (!source) throw await missing(competition, directory, file);

  const { columns, classes } = competition;
  const layout: PixelLayout = { ...columns, labelled, classes: classes.length };
  const packing = [source.entry ? source.entry.compressionMethod : 'file', source.gzip].join();
  const cached = await readCache(cacheDir, cacheKey(await hashSource(source), packing, layout), layout);
  if (cached) return cached;

  const reader = createPixelReader(source.name, layout);
  // Kept under the digest of this very reading, so that a file edited since it was hashed cannot get the old key.
  const digest = await readSource(source, (chunk) => reader.push(chunk));
  const rows = reader.finish();
  await writeCache(cacheDir, cacheKey(digest, packing, layout), rows);
  return rows;
}

async function missing(competition: Competition, directory: string, file: string): Promise<UserError> {
  const zips = await zipsIn(directory);
  const inZips = zips.length > 0 ? ` (nor is it in ${zips.join(', ')})` : '';
  const from = competition.page ? ` from ${competition.page}` : '';
  return new UserError(
    `${displayPath(join(directory, file))}: expected this file, ${file}.gz or a .zip with it, found none${inZips}. ` +
      `Put it there${from}, or name its folder with --data-dir.`,
  );
}
