/** Finds the run that a name means: one rule for all commands. */
import { basename, join } from 'node:path';
import { printable, quoted } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { methods } from '../pipeline/index.ts';
import { listRuns, nameOfRun, readRecord, type RunRecord } from '../records/index.ts';
import { meantBy } from './names.ts';
import type { Progress } from './progress.ts';
import { RUNS_DIRECTORY } from './submissions.ts';
import { commandLine } from '../base/command-line.ts';

type IsMeant = (record: RunRecord, folder: string) => boolean | Promise<boolean>;

/** Names of runs that a message lists. */
const LISTED = 3;

/**
 * The folders of the runs that a name means: a path names a folder. Else the name is the id of a run, else a method,
 * which means its newest run, else the name of a run, else a part of ids or names.
 */
export async function runsMeantBy(name: string): Promise<string[]> {
  if (isPath(name)) return [name];
  const folders = await listRuns(RUNS_DIRECTORY);
  const ids = folders.map((folder) => basename(folder));
  if (ids.includes(name)) return [join(RUNS_DIRECTORY, name)];
  const ofMethod = await newestOf(({ configuration }) => configuration.method === name);
  if (ofMethod !== undefined) return [ofMethod];
  const names = await Promise.all(folders.map(shortName));
  if (names.includes(name)) return [folders[names.lastIndexOf(name)]];
  const meant = new Set([...meantBy(name, ids), ...meantBy(name, names)]);
  return folders.filter((folder, i) => meant.has(basename(folder)) || meant.has(names[i]));
}

/** The name of a run, which lists show; its id where the record is damaged. */
const shortName = (folder: string): Promise<string> => readRecord(folder).then(nameOfRun, () => basename(folder));

/** @throws UserError if the name means no run, or several; whether a path is that of a run shows when it is read */
export async function findRun(name: string): Promise<string> {
  const meant = await runsMeantBy(name);
  if (meant.length === 1) return meant[0];
  if (meant.length > 1) {
    throw new UserError(
      `Expected ${quoted(name)} to be a part of the name of one run, got ${meant.length}, ` +
        `${lastOf(meant.map((folder) => basename(folder)))} among them. Name more of it.`,
    );
  }
  if (Object.hasOwn(methods, name)) {
    throw new UserError(
      `${RUNS_DIRECTORY}: expected a run of ${name}, found none. Train one: ${commandLine('submit', '--method', name)}`,
    );
  }
  const ids = await listIds();
  if (ids.length === 0) throw noRuns();
  throw new UserError(
    `${RUNS_DIRECTORY}: expected a run whose name contains ${quoted(name)}, found none. ` +
      `Name a run, a method or a folder; the newest: ${lastOf(ids)}.`,
  );
}

/**
 * The run that is named, else the newest, which is then said.
 * @param isMeant takes the newest of those instead, if there is one
 * @returns the folder
 * @throws UserError if there are no runs, or the name means none or several
 */
export async function findRunFolder(name: string | undefined, progress: Progress, isMeant?: IsMeant): Promise<string> {
  if (name !== undefined) return findRun(name);
  const folders = await listRuns(RUNS_DIRECTORY);
  if (folders.length === 0) throw noRuns();
  const newest = (isMeant && (await newestOf(isMeant))) ?? folders[folders.length - 1];
  progress.note(`Run: ${printable(basename(newest))}, the newest in ${RUNS_DIRECTORY}.`);
  return newest;
}

export const isPath = (name: string): boolean => /[\\/]/.test(name);

const listIds = async (): Promise<string[]> => (await listRuns(RUNS_DIRECTORY)).map((folder) => basename(folder));

const lastOf = (ids: readonly string[]): string =>
  ids
    .slice(-LISTED)
    .map((id) => printable(id))
    .join(', ');

/** Damaged records are skipped. */
export async function newestOf(isMeant: IsMeant): Promise<string | undefined> {
  for (const folder of (await listRuns(RUNS_DIRECTORY)).toReversed()) {
    try {
      if (await isMeant(await readRecord(folder), folder)) return folder;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return undefined;
}

const noRuns = (): UserError =>
  new UserError(
    `${RUNS_DIRECTORY}: expected a run, found none. Train first (${commandLine('submit')}), or name the folder of one.`,
  );
