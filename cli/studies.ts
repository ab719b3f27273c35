/** Finds the study that is meant. */
import { printable, quoted } from '../base/printable.ts';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';
import {
  lastUsed,
  openStorage,
  parseLocation,
  progressOf,
  readStudy,
  shownLocation,
  type Storage,
  storageExists,
  type StorageOptions,
  StudyError,
  type StudyProgress,
  type StudyDefinition,
  type StudySnapshot,
} from '../search/index.ts';
import { counted } from '../base/format.ts';
import { meantBy } from './names.ts';
import type { Session } from './command.ts';
import type { Progress } from './progress.ts';
import { commandLine } from '../base/command-line.ts';

/** Where studies are, for messages: a path as a person would type it, or the URL of a database without its password. */
export function displayStorage(location: string): string {
  const shown = shownLocation(location);
  return parseLocation(location).kind === 'file' ? displayPath(shown) : shown;
}

/**
 * @param options.readOnly default: true
 * @throws UserError if there is no such file; StudyError if it cannot be used; and the errors of `work`
 */
export async function withStorage<T>(
  location: string,
  work: (storage: Storage) => Promise<T>,
  { signal, readOnly = true }: Pick<StorageOptions, 'signal' | 'readOnly'> = {},
): Promise<T> {
  if (parseLocation(location).kind === 'file' && !storageExists(location)) {
    throw new UserError(
      `${displayStorage(location)}: expected a file with studies, found none. Search first (${commandLine('search')}), ` +
        'or name another file with --storage.',
    );
  }
  const storage = await openStorage(location, { mustExist: true, readOnly, signal });
  try {
    return await work(storage);
  } finally {
    await storage.close();
  }
}

/**
 * @param part the study's name, or a part of it; of several studies the one used last is taken
 * @param progress is told which; without it several are refused
 * @param fits which of several are meant first. Default: all
 * @throws UserError if no study is meant
 */
export async function findStudy(
  storage: Storage,
  part: string,
  progress?: Progress,
  fits: (definition: StudyDefinition) => boolean = () => true,
): Promise<StudySnapshot> {
  const { names, meant } = await findNames(storage, part);
  if (meant.length === 1) return readStudy(storage, meant[0]);
  const place = displayStorage(storage.location);
  if (names.length === 0)
    throw new UserError(`${place}: expected a study, found none. Search first (${commandLine('search')}).`);
  if (meant.length === 0) {
    throw new UserError(
      `${place}: expected a study with ${quoted(part)} in its name, found none. There are:${listed(names)}`,
    );
  }
  if (!progress) throw severalMeant(part, meant);
  const snapshots: StudySnapshot[] = [];
  for (const name of meant) snapshots.push(await readStudy(storage, name));
  const fitting = snapshots.filter(({ definition }) => fits(definition));
  const [newest, ...others] = (fitting.length > 0 ? fitting : snapshots).toSorted((a, b) =>
    (lastUsed(a.trials) ?? '') < (lastUsed(b.trials) ?? '') ? 1 : -1,
  );
  if (others.length === 0) return newest;
  const rest = listed(others.map(({ definition }) => definition.name));
  progress.note(
    `${printable(newest.definition.name)}, the study used last of ${others.length + 1}. The others:${rest}`,
  );
  return newest;
}

/** The argument of commands that take one study. */
export const studyArgument = {
  syntax: '[study]',
  description: 'name of the study, or a part of it; if several studies fit, the one that was used last',
};

/** The argument of commands that change the one study that fits. */
export const oneStudyArgument = {
  syntax: '<study>',
  description: 'name of the study, or a part of it that no other study has',
};

/** Opens the store, reads the study that is meant and closes the store. */
export const meantStudy = (
  location: string,
  part: string,
  session: Pick<Session, 'signal' | 'progress'>,
  fits?: (definition: StudyDefinition) => boolean,
): Promise<StudySnapshot> =>
  withStorage(location, (storage) => findStudy(storage, part, session.progress, fits), session);

/**
 * The name of the study that is meant as a prior. It need not be there any more, if another study keeps a copy of it.
 * @returns what was typed if no study is meant
 * @throws UserError if several are meant, apart from those that have one of these as their prior
 */
export async function priorName(storage: Storage, part: string): Promise<string> {
  const definitions = await storage.listStudies(() => {});
  const names = definitions.flatMap(({ name, prior }) => (prior ? [name, prior.study] : [name]));
  const meant = meantBy(part, [...new Set(names)]);
  const learners = new Set(
    definitions.flatMap(({ name, prior }) => (prior && meant.includes(prior.study) ? [name] : [])),
  );
  const others = meant.length === 1 ? meant : meant.filter((name) => !learners.has(name));
  if (others.length > 1) throw severalMeant(part, others);
  return others[0] ?? part;
}

/** All names of studies, of damaged ones too, and those that are meant. */
export async function findNames(storage: Storage, part: string): Promise<{ names: string[]; meant: string[] }> {
  const names: string[] = [];
  for (const { name } of await storage.listStudies((damaged) => names.push(damaged))) names.push(name);
  return { names, meant: meantBy(part, names) };
}

const severalMeant = (part: string, meant: readonly string[]): UserError =>
  new UserError(
    `Expected a part of one study's name, got ${quoted(part)}, which is in ${meant.length}:${listed(meant)}`,
  );

const listed = (names: readonly string[]): string => names.map((name) => `\n  ${printable(name)}`).join('');

/** The present progress of a study, and how long it will still take. */
export async function readProgress(storage: Storage, study: StudySnapshot): Promise<StudyProgress> {
  const running = await storage.readRunning(study.definition.name);
  const alive = running.filter(({ isAlive }) => isAlive).map(({ number }) => number);
  return progressOf(study, alive, Date.now());
}

/**
 * The study that a person wants to delete, which may be damaged.
 * @returns its name, and what goes with it, in words
 * @throws UserError if no study is meant, or several
 */
export async function findToDelete(storage: Storage, part: string): Promise<{ name: string; what: string }> {
  const { meant } = await findNames(storage, part);
  if (meant.length > 1) throw severalMeant(part, meant);
  try {
    const { definition, trials: all } = await findStudy(storage, part);
    return { name: definition.name, what: counted(all.length, 'trial') };
  } catch (error) {
    if (meant.length === 1 && error instanceof StudyError) return { name: meant[0], what: 'damaged trials' };
    throw error;
  }
}
