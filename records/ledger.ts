/**
 * The ledger of submissions to Kaggle: which were sent, and their public scores. Each submission has a file in
 * `runs/kaggle/`, named by the SHA-256 of the CSV, since a later submit may replace the CSV itself. A copy of the sent
 * bytes lies beside it.
 */
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJson, readJsonIfThere } from '../base/json.ts';
import { prepareFolder, writeAtomically } from '../base/output-files.ts';
import { displayPath } from '../base/paths.ts';
import { readEach, type Unreadable } from '../base/read-each.ts';
import { readFolder } from '../base/read-folder.ts';
import { UserError } from '../base/user-error.ts';
import { findMetric, metricNames } from '../data/index.ts';
import { text } from './fields.ts';

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
/** The widest range of all metrics, since the competition of an entry may be unknown here. */
export const LOWEST_SCORE = Math.min(...ranges.map(([low]) => low));
export const HIGHEST_SCORE = Math.max(...ranges.map(([, high]) => high));

const entrySchema = z.object(
  {
    format: z.literal(1, 'format 1'),
    competition: text,
    /** Path of the CSV at the time when it was sent or scored. */
    file: text,
    /** SHA-256 of the bytes of that file, which may be compressed. */
    sha256: z.string('a digest').regex(/^[0-9a-f]{64}$/, 'a digest'),
    /** Null if only the score was recorded here. */
    sent: sentSchema.nullable(),
    /** Score by the metric of the competition, an accuracy as a share; null until it is known. */
    publicScore: z.number('a score').min(LOWEST_SCORE, 'a score').max(HIGHEST_SCORE, 'a score').nullable(),
  },
  'an entry of the ledger',
);

export type LedgerEntry = Omit<z.output<typeof entrySchema>, 'format'>;

export interface Ledger extends Unreadable {
  readonly entries: readonly LedgerEntry[];
}

const REMEDY = 'Remove it, and add the score again.';
const reading = { what: 'an entry of the ledger', remedy: REMEDY, maximumBytes: 2 ** 20 };

const folderIn = (runsDir: string): string => join(runsDir, 'kaggle');
const entryFile = (runsDir: string, sha256: string): string => join(folderIn(runsDir), `${sha256}.json`);

/** Path of the copy of a sent submission, with the same bytes. */
export const sentCopy = (runsDir: string, sha256: string): string => join(folderIn(runsDir), `${sha256}.csv`);

/** Reads all entries; empty if nothing was sent or scored yet. A damaged entry does not hide others. */
export async function readLedger(runsDir: string): Promise<Ledger> {
  const folder = folderIn(runsDir);
  const listed = await readEach([folder], readFolder);
  const files = listed.found
    .flat()
    .filter((name) => /^[0-9a-f]{64}\.json$/.test(name))
    .toSorted();
  const { found: entries, unreadable } = await readEach(
    files.map((name) => join(folder, name)),
    async (file) => ownEntry(await readJson(file, entrySchema, reading), file),
  );
  return { entries, unreadable: [...listed.unreadable, ...unreadable] };
}

/**
 * The entry of the submission with this digest; null if there is none.
 * @throws UserError if its entry is damaged
 */
export async function findEntry(runsDir: string, sha256: string): Promise<LedgerEntry | null> {
  const file = entryFile(runsDir, sha256);
  const entry = await readJsonIfThere(file, entrySchema, reading);
  return entry && ownEntry(entry, file);
}

/** Checks that the file is named by the digest of its entry, so that no two files hold the same submission. */
function ownEntry({ format: _format, ...entry }: z.output<typeof entrySchema>, file: string): LedgerEntry {
  if (file.endsWith(`${entry.sha256}.json`)) return entry;
  throw new UserError(`${displayPath(file)}: expected the entry of the digest in its name, got another. ${REMEDY}`);
}

/**
 * Checks before anything is sent that an entry can be written.
 * @throws UserError if there is no space or no permission
 */
export const prepareLedger = (runsDir: string): Promise<void> => prepareFolder(folderIn(runsDir));

/**
 * Writes an entry, and replaces an earlier one of the same submission. A damaged one is kept as `….json.damaged`.
 * @param bytes the sent bytes, of which a copy is kept
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

/** Removes the entry of a submission that Kaggle has refused. */
export async function dropEntry(runsDir: string, sha256: string): Promise<void> {
  await rm(entryFile(runsDir, sha256), { force: true });
  await rm(sentCopy(runsDir, sha256), { force: true });
}
