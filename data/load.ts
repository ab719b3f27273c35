/** Loads the images of a competition: from the cache if exactly the same files were read before, else from the files. */

import { displayPath } from '../base/paths.ts';
import { describeArchives } from './archive.ts';
import { cacheKey, keepFile, readCache, tidyCache, writeCache } from './cache.ts';
import type { Competition } from './competition.ts';
import { expectedImages, findRole, type ImageRole, preparedDirectory } from './directory.ts';
import type { MissingImages, Watch } from './format.ts';
import { type Images, type LabelledImages, bytesOfPixels, type PixelRows } from './images.ts';
import { foldRule } from './parts.ts';
import { PixelRoom } from './pixel-room.ts';
import { loadSampleSubmission } from './solution.ts';
import { UserError } from '../base/user-error.ts';
import { commandLine } from '../base/command-line.ts';

export interface LoadOptions extends Watch {
  /** Folder of the competition's files. Default: `data/raw/<id>`. */
  readonly dataDir?: string;
  /** Folder of the parsed files; it need not be writable. Default: `data/cache`. */
  readonly cacheDir?: string;
  /**
   * Bytes of the pixels of a file that are held in memory; more stay in `cacheDir`, and are read when they are needed.
   * Default: a quarter of the memory that is available.
   */
  readonly mostInMemory?: number;
}

export interface TestImages {
  readonly images: Images;
  /** Submission id of each image. */
  readonly ids: readonly string[];
  /** Only where the competition's test file carries labels. */
  readonly labels: Uint16Array<SharedArrayBuffer> | null;
  /** Names of images that could not be read: left out with labels, and black without. */
  readonly broken?: readonly string[];
}

/**
 * The training images and their labels. A built-in competition is generated on first use.
 * @throws UserError naming file and line if the file is missing or anything in it is not as the competition says
 */
export async function loadTrain(competition: Competition, options: LoadOptions = {}): Promise<LabelledImages> {
  return (await loadTrainWithIds(competition, options)).images;
}

/** Training images, and their ids beside them, which no thread that trains needs. */
export interface TrainWithIds {
  readonly images: LabelledImages;
  readonly ids: readonly string[] | null;
}

export async function loadTrainWithIds(competition: Competition, options: LoadOptions): Promise<TrainWithIds> {
  const { rows, names } = await loadRows(competition, 'train', options);
  const [source] = names;
  const { count, pixels, labels } = rows;
  const folds = await foldRule(competition, rows, names, options);
  const images = {
    shape: competition.shape,
    count,
    pixels,
    labels: labels!,
    source,
    ...(rows.broken && { broken: rows.broken }),
    ...(competition.metric !== 'accuracy' && { metric: competition.metric }),
    ...(folds && { folds }),
  };
  return { images, ids: rows.ids ?? null };
}

/**
 * The test images and their submission ids; none where the competition has no test images.
 * @throws UserError as `loadTrain`
 */
export async function loadTest(competition: Competition, options: LoadOptions = {}): Promise<TestImages> {
  const { shape } = competition;
  if (competition.files.test.length === 0) {
    return { images: { shape, count: 0, pixels: new Uint8Array(new SharedArrayBuffer(0)) }, ids: [], labels: null };
  }
  const { rows } = await loadRows(competition, 'test', options);
  const { count, pixels, labels, broken } = rows;
  const ids = rows.ids ?? (await countedIds(competition, count, options));
  return { images: { shape, count, pixels }, ids, labels, ...(broken && { broken }) };
}

/** For a file without ids: they count the images, or are those of the sample submission. */
async function countedIds(competition: Competition, count: number, options: LoadOptions): Promise<readonly string[]> {
  const { firstId } = competition.submission;
  const sample = firstId === null ? await loadSampleSubmission(competition, options) : null;
  return sample?.length === count ? sample : Array.from({ length: count }, (_, row) => String((firstId ?? 1) + row));
}

/** The rest is for the networks, the other set and other programs. */
const SHARE_OF_MEMORY = 1 / 4;

/** @returns the images, and what messages call their files */
async function loadRows(
  competition: Competition,
  role: ImageRole,
  options: LoadOptions,
): Promise<{ rows: PixelRows; names: readonly string[] }> {
  const { dataDir, cacheDir = 'data/cache', mostInMemory = process.availableMemory() * SHARE_OF_MEMORY } = options;
  const directory = await preparedDirectory(competition, dataDir);
  const search = await findRole(competition, role, dataDir);
  if (!search.format) throw await missingError(competition, role, directory, search.missing);

  const { images } = search;
  const { names } = images;
  const expected = expectedImages(competition, role);
  const keyOf = (digest: string): string => cacheKey(digest, images.meaning, expected);
  const cached = await readCache(cacheDir, keyOf(await images.digest(options.signal)), expected, mostInMemory);
  if (cached) return { rows: cached, names };

  await tidyCache(cacheDir).catch(() => {});
  const room = new PixelRoom({ directory: cacheDir, mostInMemory });
  try {
    // Kept under the digest of this very reading, so that a file edited since it was hashed cannot get the old key.
    const { rows, digest } = await images.read({ room, signal: options.signal, onImages: options.onImages });
    const key = keyOf(digest);
    if (room.path !== null) return { rows: await keepFile(cacheDir, key, room.path, rows), names };
    const isLarge = bytesOfPixels(rows) > mostInMemory;
    await writeCache(cacheDir, key, rows, isLarge ? 0 : undefined);
    // Without room for them there, they stay in memory.
    const kept = isLarge ? await readCache(cacheDir, key, expected, mostInMemory) : null;
    return { rows: kept ? { ...rows, pixels: kept.pixels } : rows, names };
  } catch (error) {
    room.drop();
    throw error;
  }
}

/** Names the file that is missing beside others, or all the ways to provide the images. */
async function missingError(
  { id, files, page, download }: Competition,
  role: ImageRole,
  directory: string,
  { files: missing, beside }: MissingImages,
): Promise<UserError> {
  const zips = await describeArchives(directory);
  const inZips = zips.length > 0 ? ` (nor in ${zips.join('; ')})` : '';
  const ways = files[role].map(({ description }) => description).join(', or ');
  const wanted = beside.length > 0 ? `${missing} beside ${beside.join(' and ')}` : ways;
  const get = download ? `Type "${commandLine('data', id)}", put` : 'Put';
  const from = page ? ` from ${page}` : '';
  return new UserError(
    `${displayPath(directory)}: expected ${wanted}, found none${inZips}. ` +
      `${get} the files there${from}, or name their folder with --data-dir.`,
  );
}
