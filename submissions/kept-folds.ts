/**
 * The finished folds of a training that goes on, kept on the disk until its submit is complete, so that an interrupted
 * one goes on where it was.
 *
 * They lie in `runs/interrupted/`, in a folder for each training and process, named by a digest of all that decides the
 * bytes of the folds. A folder whose process has ended is taken over as a whole, by renaming it; that of a process that
 * runs is left alone. What cannot be kept is not: the training goes on without.
 */
import { randomUUID } from 'node:crypto';
import { readdir, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import { z } from 'zod';
import { isInUse, OWNER_FILE, renewClaim } from '../base/claim.ts';
import { readJson } from '../base/json.ts';
import { makeFolder } from '../base/make-folder.ts';
import { readOrdinary } from '../base/ordinary-file.ts';
import { newOwner } from '../base/owner.ts';
import { displayPath } from '../base/paths.ts';
import { replaceFile } from '../base/replace-file.ts';
import { sha256 } from '../base/sha256.ts';
import { codeOf, isMissing } from '../base/system-error.ts';
import { temporaryBeside } from '../base/temporary-file.ts';
import { engineOfBits } from '../models/index.ts';
import {
  type CrossValidationTask,
  digestOf,
  digestOfImages,
  digestOfSources,
  type FoldResult,
} from '../pipeline/index.ts';

export const INTERRUPTED = 'interrupted';
const RUN_FILE = 'run.json';
const SOURCES = ['base', 'numerics', 'data', 'kernels', 'models', 'pipeline'];
/** Nobody goes on with a training after so long. */
const LONGEST_KEPT_MS = 30 * 24 * 60 * 60 * 1000;
const LARGEST_FOLD_BYTES = 2 ** 31;
const DIGEST_BYTES = 64;

const runSchema = z.object({ folder: z.string() });

/** Digest of all that decides the bytes of the folds: the number of workers does not, and neither do names of files. */
export async function foldsKey({ images, engine, pseudoLabels, ...settings }: CrossValidationTask): Promise<string> {
  const decides = [
    digestOfSources(SOURCES),
    engineOfBits(engine),
    digestOfImages(images),
    images.metric,
    settings,
    ...(pseudoLabels ? [pseudoLabels.confidence, digestOfImages(pseudoLabels.images)] : []),
  ];
  return digestOf([process.version, ...decides]).slice(0, 32);
}

export interface KeptFolds {
  /** Folds that an earlier process has finished, by their numbers from 0. */
  readonly taken: ReadonlyMap<number, FoldResult>;
  /** Folder of the run that the earlier process had recorded before it was interrupted; null if it had not. */
  readonly run: string | null;
  keep(fold: number, result: FoldResult): void;
  keepRun(folder: string): Promise<void>;
  /** Ends the keeping. @param isComplete whether nobody will need the folds any more */
  end(isComplete: boolean): Promise<void>;
}

export interface KeepingOptions {
  /** Whether folds of an earlier process are thrown away. */
  readonly restart?: boolean;
  /** Something that a person should know, in a sentence. */
  readonly note: (sentence: string) => void;
}

/**
 * Takes up what an earlier process has kept under the key, and keeps more.
 * @param title what sentences call the training
 */
export async function keepFolds(
  runsDir: string,
  key: string,
  title: string,
  { restart = false, note }: KeepingOptions,
): Promise<KeptFolds> {
  const parent = join(runsDir, INTERRUPTED);
  const own = join(parent, `${key}-${randomUUID().slice(0, 8)}`);
  const { taken, run, isThere } = await takeOver(parent, own, key, { restart, note, title });
  let isMade = isThere;
  let isBroken = false;
  let writing: Promise<void> = Promise.resolve();
  const endRenewal = renewClaim(own);

  const write = (name: string, content: () => string | Buffer): Promise<void> => {
    writing = writing.then(async () => {
      if (isBroken) return;
      try {
        const file = join(own, name);
        if (!isMade) await makeOwn(own);
        isMade = true;
        await replaceFile(file, content()).catch(async (error: unknown) => {
          if (!isMissing(error)) throw error;
          // Somebody has deleted it, or another process has taken it over at the very same moment.
          await makeOwn(own);
          await replaceFile(file, content());
        });
      } catch (error) {
        isBroken = true;
        note(
          `${displayPath(parent)}: cannot be written (${codeOf(error) || String(error)}). ` +
            'Finished folds are not kept: a training that is interrupted begins anew.',
        );
      }
    });
    return writing;
  };
  return {
    taken,
    run,
    keep: (fold, result) => void write(foldFile(fold), () => encode(result)),
    keepRun: (folder) => write(RUN_FILE, () => `${JSON.stringify({ folder })}\n`),
    async end(isComplete) {
      endRenewal();
      await writing;
      // Without an owner anybody may go on with it.
      const gone = isComplete ? own : join(own, OWNER_FILE);
      await rm(gone, { recursive: true, force: true }).catch(() => {});
      // Where others are at work it is not empty.
      await rmdir(parent).catch(() => {});
    },
  };
}

/** Folder of the run that an interrupted process had recorded under the key; null if none had. */
export async function interruptedRun(runsDir: string, key: string): Promise<string | null> {
  for (const folder of await ended(join(runsDir, INTERRUPTED), key)) {
    const run = await readJson(join(folder, RUN_FILE), runSchema).catch(() => null);
    if (run) return run.folder;
  }
  return null;
}

const foldFile = (fold: number): string => `fold-${fold + 1}`;

/** Makes a folder that has an owner from the first moment on. */
async function makeOwn(own: string): Promise<void> {
  const temporary = await temporaryBeside(own);
  await makeFolder(temporary);
  await writeFile(join(temporary, OWNER_FILE), JSON.stringify(newOwner()));
  await rename(temporary, own);
}

/** Folders under the key whose processes have ended, the fullest first. */
async function ended(parent: string, key: string): Promise<string[]> {
  const found: { folder: string; files: number }[] = [];
  for (const name of await readdir(parent).catch((): string[] => [])) {
    if (!name.startsWith(`${key}-`)) continue;
    const folder = join(parent, name);
    if (await isInUse(folder)) continue;
    found.push({ folder, files: (await readdir(folder).catch(() => [])).length });
  }
  return found.toSorted((a, b) => b.files - a.files).map(({ folder }) => folder);
}

async function takeOver(
  parent: string,
  own: string,
  key: string,
  { restart, note, title }: Required<KeepingOptions> & { readonly title: string },
): Promise<Pick<KeptFolds, 'taken' | 'run'> & { readonly isThere: boolean }> {
  await removeOld(parent);
  const taken = new Map<number, FoldResult>();
  let run: string | null = null;
  let isThere = false;
  for (const folder of await ended(parent, key)) {
    if (restart || isThere) {
      await rm(folder, { recursive: true, force: true }).catch(() => {});
      continue;
    }
    // One of two processes that begin at once gets it.
    const isMine = await rename(folder, own).then(
      () => true,
      () => false,
    );
    if (!isMine) continue;
    isThere = true;
    await writeFile(join(own, OWNER_FILE), JSON.stringify(newOwner())).catch(() => {});
    const damaged: number[] = [];
    for (const name of await readdir(own).catch((): string[] => [])) {
      const [, number] = /^fold-(\d+)$/.exec(name) ?? [];
      if (number === undefined) continue;
      const result = await decode(join(own, name));
      if (result) taken.set(Number(number) - 1, result);
      else damaged.push(Number(number));
    }
    run = (await readJson(join(own, RUN_FILE), runSchema).catch(() => null))?.folder ?? null;
    const place = displayPath(own);
    if (damaged.length > 0) {
      note(`${place}: what was kept of ${foldsText(damaged)} is damaged and is trained again.`);
    }
    if (taken.size > 0) {
      const numbers = [...taken.keys()].map((fold) => fold + 1).toSorted((a, b) => a - b);
      note(`${title}: ${foldsText(numbers)} taken up from ${place}. --restart trains all folds again.`);
    }
  }
  return { taken, run, isThere };
}

const foldsText = (numbers: readonly number[]): string =>
  `${numbers.length === 1 ? 'fold' : 'folds'} ${numbers.join(', ')}`;

/** Takes away what nobody has gone on with. */
async function removeOld(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch((): string[] => [])) {
    const folder = join(parent, name);
    const found = await stat(folder).catch(() => null);
    const isOld = found !== null && Date.now() - found.mtimeMs > LONGEST_KEPT_MS;
    if (isOld && !(await isInUse(folder))) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/** The digest shows damage of any kind. */
function encode(result: FoldResult): Buffer {
  const content = serialize(result);
  return Buffer.concat([Buffer.from(sha256(content), 'latin1'), content]);
}

/** @returns null for a file that is damaged or cannot be read */
async function decode(path: string): Promise<FoldResult | null> {
  try {
    const bytes = await readOrdinary(path, LARGEST_FOLD_BYTES);
    const content = bytes.subarray(DIGEST_BYTES);
    return bytes.toString('latin1', 0, DIGEST_BYTES) === sha256(content) ? (deserialize(content) as FoldResult) : null;
  } catch {
    return null;
  }
}
