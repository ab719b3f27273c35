/**
 * The ledger of submissions to Kaggle: which were sent, and their public scores. Each submission has a file in
 * `runs/kaggle/`, named by its competition and the SHA-256 of the CSV, since a later submit may replace the CSV itself,
 * and submissions to two competitions may have the same bytes. A copy of the sent bytes lies beside it.
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

/** What tells entries apart. */
export type EntryKey = Pick<LedgerEntry, 'competition' | 'sha256'>;
export const entryKey = ({ competition, sha256 }: EntryKey): string => `${competition} ${sha256}`;

export interface Ledger extends Unreadable {
  readonly entries: readonly LedgerEntry[];
}

const REMEDY = 'Remove it, and add the score again.';
const reading = { what: 'an entry of the ledger', remedy: REMEDY, maximumBytes: 2 ** 20 };

const folderIn = (runsDir: string): string => join(runsDir, 'kaggle');
/** Entries of early versions are named by the digest alone. */
const earlyFile = (runsDir: string, sha256: string): string => join(folderIn(runsDir), `${sha256}.json`);
const entryFile = (runsDir: string, { competition, sha256 }: EntryKey): string =>
  join(folderIn(runsDir), `${encodeURIComponent(competition)}-${sha256}.json`);

/** Path of the copy of a sent submission, with the same bytes. */
export const sentCopy = (runsDir: string, sha256: string): string => join(folderIn(runsDir), `${sha256}.csv`);

/** Reads all entries; empty if nothing was sent or scored yet. A damaged entry does not hide others. */
export async function readLedger(runsDir: string): Promise<Ledger> {
  const folder = folderIn(runsDir);
  const listed = await readEach([folder], readFolder);
  // Those of early versions come first, so that an entry of today replaces one of them.
  const files = listed.found
    .flat()
    .filter((name) => /^(.+-)?[0-9a-f]{64}\.json$/.test(name))
    .toSorted((a, b) => a.length - b.length || (a < b ? -1 : 1));
  const { found, unreadable } = await readEach(
    files.map((name) => join(folder, name)),
    async (file) => ownEntry(runsDir, await readJson(file, entrySchema, reading), file),
  );
  const entries = [...new Map(found.map((entry) => [entryKey(entry), entry])).values()];
  return { entries, unreadable: [...listed.unreadable, ...unreadable] };
}

/**
 * The entry of a submission; null if there is none.
 * @throws UserError if its entry is damaged
 */
export async function findEntry(runsDir: string, key: EntryKey): Promise<LedgerEntry | null> {
  for (const file of [entryFile(runsDir, key), earlyFile(runsDir, key.sha256)]) {
    const entry = await readEntry(runsDir, file);
    if (entry?.competition === key.competition) return entry;
  }
  return null;
}

async function readEntry(runsDir: string, file: string): Promise<LedgerEntry | null> {
  const entry = await readJsonIfThere(file, entrySchema, reading);
  return entry && ownEntry(runsDir, entry, file);
}

/** Checks that the file has the name of its entry, so that no two files hold the same submission. */
function ownEntry(
  runsDir: string,
  { format: _format, ...entry }: z.output<typeof entrySchema>,
  file: string,
): LedgerEntry {
  if (file === entryFile(runsDir, entry) || file === earlyFile(runsDir, entry.sha256)) return entry;
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
  const [file, early] = [entryFile(runsDir, entry), earlyFile(runsDir, entry.sha256)];
  const readOrMove = (path: string): Promise<LedgerEntry | null> =>
    readEntry(runsDir, path).catch(async (error: unknown) => {
      if (!(error instanceof UserError)) throw error;
      await rename(path, `${path}.damaged`).catch(() => {});
      return null;
    });
  await readOrMove(file);
  const before = await readOrMove(early);
  if (bytes) await writeAtomically(sentCopy(runsDir, entry.sha256), bytes);
  await writeAtomically(file, `${JSON.stringify({ format: 1, ...entry }, null, 2)}\n`);
  if (before?.competition === entry.competition) await rm(early, { force: true });
}

/** Removes the entry of a submission that Kaggle has refused, and the copy if no other entry has it. */
export async function dropEntry(runsDir: string, key: EntryKey): Promise<void> {
  await rm(entryFile(runsDir, key), { force: true });
  const { entries } = await readLedger(runsDir);
  if (entries.some(({ sha256 }) => sha256 === key.sha256)) return;
  await rm(sentCopy(runsDir, key.sha256), { force: true });
}
