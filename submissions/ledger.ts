/**
 * What Kaggle knows of our submissions: which were sent, and the public scores it gave. One file for each submission in
 * `runs/kaggle/`, named by the SHA-256 of the CSV, since each submit run replaces the CSVs of the one before; beside it
 * a copy of what was sent.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import { validate } from '../base/validate.ts';
import { prepareFolder, writeAtomically } from '../base/output-files.ts';

const text = z.string('a text');

const entrySchema = z.object(
  {
    format: z.literal(1, 'format 1'),
    competition: text,
    /** Path of the CSV when it was sent or scored. */
    file: text,
    /** Of the CSV's bytes. */
    sha256: z.string('a digest').regex(/^[0-9a-f]{64}$/, 'a digest'),
    /** Null where only the score was added here. */
    sent: z.object({ at: text, message: text, ref: z.int('a whole number').nullable() }, 'what was sent').nullable(),
    /** Accuracy on the public leaderboard as a share; null until it is known. */
    publicScore: z.number('a score').min(0, 'a score').max(1, 'a score').nullable(),
  },
  'an entry of the ledger',
);

export type LedgerEntry = Omit<z.output<typeof entrySchema>, 'format'>;

const folderIn = (runsDir: string): string => join(runsDir, 'kaggle');

/** Path of the copy of a submission that was sent. */
export const sentCopy = (runsDir: string, sha256: string): string => join(folderIn(runsDir), `${sha256}.csv`);

/**
 * All entries; none if nothing was sent or scored yet.
 * @throws UserError naming a damaged file
 */
export async function readLedger(runsDir: string): Promise<LedgerEntry[]> {
  const folder = folderIn(runsDir);
  const names = await readdir(folder).catch((): string[] => []);
  const files = names.filter((name) => /^[0-9a-f]{64}\.json$/.test(name)).toSorted();
  return Promise.all(files.map((name) => readEntry(join(folder, name))));
}

/** What is known of the CSV with this digest; null if nothing is. */
export const findEntry = async (runsDir: string, sha256: string): Promise<LedgerEntry | null> =>
  (await readLedger(runsDir)).find((entry) => entry.sha256 === sha256) ?? null;

/**
 * Finds what would keep an entry from being written, before anything is sent.
 * @throws UserError if there is no room or no permission
 */
export const prepareLedger = (runsDir: string): Promise<void> => prepareFolder(folderIn(runsDir));

/**
 * Adds an entry, in the place of an earlier one of the same CSV.
 * @param csv what was sent, to be kept with it
 * @throws UserError if it cannot be written
 */
export async function keepEntry(runsDir: string, entry: LedgerEntry, csv?: Buffer): Promise<void> {
  await prepareLedger(runsDir);
  if (csv) await writeAtomically(sentCopy(runsDir, entry.sha256), csv.toString());
  const json = `${JSON.stringify({ format: 1, ...entry }, null, 2)}\n`;
  await writeAtomically(join(folderIn(runsDir), `${entry.sha256}.json`), json);
}

async function readEntry(file: string): Promise<LedgerEntry> {
  const name = displayPath(file);
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new UserError(`${name}: expected JSON, got something else. Remove it, and add the score again.`, { cause });
  }
  const { format: _format, ...entry } = validate(entrySchema, json, name);
  return entry;
}
