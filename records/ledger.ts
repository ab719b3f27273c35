/**
 * What Kaggle knows of our submissions: which were sent, and the public scores it gave. One file for each submission in
 * `runs/kaggle/`, named by the SHA-256 of the CSV, since each submit run replaces the CSVs of the one before; beside it
 * a copy of what was sent.
 */
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, readJsonIfThere } from '../base/json.ts';
import { prepareFolder, writeAtomically } from '../base/output-files.ts';
import { displayPath } from '../base/paths.ts';
import { codeOf, isMissing } from '../base/system-error.ts';
import { UserError } from '../base/user-error.ts';
import { findMetric, metricNames } from '../data/index.ts';

const text = z.string('a text');

const sentSchema = z.object(
  {
    at: text,
    message: text,
    ref: z.int('a whole number').nullable(),
    /**
     * Present only if Kaggle did not confirm the submission: its answer could not be read, or none came. Kaggle may or
     * may not have the submission.
     */
    answer: z.enum(['unreadable', 'none'], 'unreadable or none').optional(),
  },
  'what was sent',
);

const ranges = metricNames.map((name) => findMetric(name).range);
/** The widest range of all metrics: the competition of an entry may be none that is described here. */
export const LOWEST_SCORE = Math.min(...ranges.map(([low]) => low));
export const HIGHEST_SCORE = Math.max(...ranges.map(([, high]) => high));

const entrySchema = z.object(
  {
    format: z.literal(1, 'format 1'),
    competition: text,
    /** Path of the CSV when it was sent or scored. */
    file: text,
    /** SHA-256 of the bytes of that file, which may be packed. */
    sha256: z.string('a digest').regex(/^[0-9a-f]{64}$/, 'a digest'),
    /** Null where only the score was added here. */
    sent: sentSchema.nullable(),
    /** By the metric of the competition, accuracy as a share; null until it is known. */
    publicScore: z.number('a score').min(LOWEST_SCORE, 'a score').max(HIGHEST_SCORE, 'a score').nullable(),
  },
  'an entry of the ledger',
);

export type LedgerEntry = Omit<z.output<typeof entrySchema>, 'format'>;

export interface Ledger {
  readonly entries: readonly LedgerEntry[];
  /** Entries that are damaged or of another version, in words. */
  readonly unreadable: readonly string[];
}

const REMEDY = 'Remove it, and add the score again.';
const reading = { what: 'an entry of the ledger', remedy: REMEDY, maximumBytes: 2 ** 20 };

const folderIn = (runsDir: string): string => join(runsDir, 'kaggle');
const entryFile = (runsDir: string, sha256: string): string => join(folderIn(runsDir), `${sha256}.json`);

/** Path of the copy of a submission that was sent: its bytes, packed if they were. */
export const sentCopy = (runsDir: string, sha256: string): string => join(folderIn(runsDir), `${sha256}.csv`);

/** All entries; none if nothing was sent or scored yet. A damaged one keeps no other from being read. */
export async function readLedger(runsDir: string): Promise<Ledger> {
  const folder = folderIn(runsDir);
  const entries: LedgerEntry[] = [];
  const unreadable: string[] = [];
  const names = await readdir(folder).catch((error: unknown): string[] => {
    if (!isMissing(error)) unreadable.push(`${displayPath(folder)}: cannot be read (${codeOf(error)}).`);
    return [];
  });
  for (const name of names.filter((one) => /^[0-9a-f]{64}\.json$/.test(one)).toSorted()) {
    try {
      entries.push(ownEntry(await readJson(join(folder, name), entrySchema, reading), join(folder, name)));
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      unreadable.push(error.message);
    }
  }
  return { entries, unreadable };
}

/**
 * What is known of the submission with this digest; null if nothing is.
 * @throws UserError if its entry is damaged
 */
export async function findEntry(runsDir: string, sha256: string): Promise<LedgerEntry | null> {
  const file = entryFile(runsDir, sha256);
  const entry = await readJsonIfThere(file, entrySchema, reading);
  return entry && ownEntry(entry, file);
}

/** Two files that claim the same submission could not be told apart. */
function ownEntry({ format: _format, ...entry }: z.output<typeof entrySchema>, file: string): LedgerEntry {
  if (file.endsWith(`${entry.sha256}.json`)) return entry;
  throw new UserError(`${displayPath(file)}: expected the entry of the digest in its name, got another. ${REMEDY}`);
}

/**
 * Finds what would keep an entry from being written, before anything is sent.
 * @throws UserError if there is no room or no permission
 */
export const prepareLedger = (runsDir: string): Promise<void> => prepareFolder(folderIn(runsDir));

/**
 * Adds an entry, in the place of an earlier one of the same submission; a damaged one is kept as `….json.damaged`.
 * @param bytes what was sent, to be kept with it
 * @throws UserError if it cannot be written
 */
export async function keepEntry(runsDir: string, entry: LedgerEntry, bytes?: Uint8Array): Promise<void> {
  await prepareLedger(runsDir);
  const file = entryFile(runsDir, entry.sha256);
  await findEntry(runsDir, entry.sha256).catch(async (error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    await rename(file, `${file}.damaged`).catch(() => {});
  });
  if (bytes) await writeAtomically(sentCopy(runsDir, entry.sha256), bytes);
  await writeAtomically(file, `${JSON.stringify({ format: 1, ...entry }, null, 2)}\n`);
}

/** Takes back an entry that was kept for a submission which Kaggle then refused. */
export async function dropEntry(runsDir: string, sha256: string): Promise<void> {
  await rm(entryFile(runsDir, sha256), { force: true });
  await rm(sentCopy(runsDir, sha256), { force: true });
}
