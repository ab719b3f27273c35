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
export const shortName = (folder: string): Promise<string> =>
  readRecord(folder).then(nameOfRun, () => basename(folder));

/** The name of a run in messages. */
export const shownName = async (folder: string): Promise<string> => printable(await shortName(folder));

/** @throws UserError if the name means no run, or several; whether a path is that of a run shows when it is read */
export async function findRun(name: string): Promise<string> {
  const meant = await runsMeantBy(name);
  if (meant.length === 1) return meant[0];
  if (meant.length > 1) {
    throw new UserError(
      `Expected ${quoted(name)} to be a part of the name of one run, got ${meant.length} runs: ` +
        `${await newestNames(meant, LISTED)}${meant.length > LISTED ? ' and others' : ''}. Type more of the name.`,
    );
  }
  if (Object.hasOwn(methods, name)) {
    throw new UserError(
      `${RUNS_DIRECTORY}: expected a run of ${name}, found none. Train one: ${commandLine('submit', '--method', name)}`,
    );
  }
  const folders = await listRuns(RUNS_DIRECTORY);
  if (folders.length === 0) throw noRuns();
  throw new UserError(
    `${RUNS_DIRECTORY}: expected a run whose name contains ${quoted(name)}, found none. ` +
      `Name a run, a method or a folder; the newest: ${await newestNames(folders, LISTED)}.`,
  );
}

/**
 * The folders of runs that can be compared: a method means its newest run of one competition and model, which are those
 * of the other names, or else the newest of which all of these methods have a run.
 * @param competition whose runs methods mean. Default: any
 * @throws UserError as `findRun`, or if the methods have no runs of one competition and model
 */
export async function findRunsAlike(names: readonly string[], competition?: string): Promise<string[]> {
  const isMethod = (name: string): boolean => Object.hasOwn(methods, name);
  const fixed = new Map<string, string>();
  for (const name of names) if (!isMethod(name)) fixed.set(name, await findRun(name));
  const wanted = [...new Set(names.filter((name) => isMethod(name)))];
  const groups = new Map<string, Map<string, string>>();
  const keyOf = ({ configuration }: RunRecord): string => `${configuration.competition} with ${configuration.model}`;
  for await (const [folder, record] of newestFirst()) {
    const { configuration } = record;
    if (fixed.size === 0 && competition !== undefined && configuration.competition !== competition) continue;
    const group = groups.get(keyOf(record)) ?? new Map<string, string>();
    if (!group.has(configuration.method)) group.set(configuration.method, folder);
    groups.set(keyOf(record), group);
  }
  const [first] = fixed.values();
  const given = first === undefined ? undefined : await readRecord(first);
  const key = given && keyOf(given);
  const candidates = [...groups].filter(([name]) => key === undefined || name === key).map(([, group]) => group);
  const group = candidates.find((one) => wanted.every((method) => one.has(method)));
  if (group === undefined)
    await refuseMethods(wanted, groups, key ?? competition, given?.configuration ?? { competition });
  return names.map((name) => fixed.get(name) ?? group!.get(name)!);
}

/**
 * @param where the runs were looked for, in words
 * @param of what is to be trained, as far as it is known
 */
async function refuseMethods(
  wanted: readonly string[],
  groups: ReadonlyMap<string, ReadonlyMap<string, string>>,
  where: string | undefined,
  { competition, model }: { readonly competition?: string; readonly model?: string },
): Promise<never> {
  // Says it of the first method that has no run at all.
  for (const method of wanted) await findRun(method);
  const found = [...groups].flatMap(([name, group]) => {
    const has = wanted.filter((method) => group.has(method));
    return has.length === 0 ? [] : [`${has.join(' and ')} on ${name}`];
  });
  const settings = [
    ...(competition === undefined ? [] : ['--competition', competition]),
    ...(model === undefined ? [] : ['--model', model]),
    '--method',
    wanted.join(','),
  ];
  throw new UserError(
    `${RUNS_DIRECTORY}: expected runs of ${wanted.join(' and ')} ` +
      `${where === undefined ? 'of one competition and model' : `on ${printable(where)}`}, ` +
      `found ${found.length === 0 ? 'none' : printable(found.slice(0, LISTED).join('; '))}. ` +
      `Train what is missing (${commandLine('submit', ...settings)}), or name runs after --run.`,
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
  progress.note(`Run: ${await shownName(newest)}, the newest in ${RUNS_DIRECTORY}.`);
  return newest;
}

export const isPath = (name: string): boolean => /[\\/]/.test(name);

/** The short names of the last of these runs, as a message lists them. */
export async function newestNames(folders: readonly string[], most: number): Promise<string> {
  return (await Promise.all(folders.slice(-most).map(shownName))).join(', ');
}

export async function newestOf(isMeant: IsMeant): Promise<string | undefined> {
  for await (const [folder, record] of newestFirst()) if (await isMeant(record, folder)) return folder;
  return undefined;
}

/** Damaged records are skipped. */
async function* newestFirst(): AsyncGenerator<readonly [folder: string, record: RunRecord]> {
  for (const folder of (await listRuns(RUNS_DIRECTORY)).toReversed()) {
    const record = await readRecord(folder).catch((error: unknown) => {
      if (error instanceof UserError) return null;
      throw error;
    });
    if (record !== null) yield [folder, record];
  }
}

const noRuns = (): UserError =>
  new UserError(
    `${RUNS_DIRECTORY}: expected a run, found none. Train first (${commandLine('submit')}), or name the folder of one.`,
  );
