/** Finds the submits that are meant. */
import { readdir } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { commandLine } from '../base/command-line.ts';
import { displayPath } from '../base/paths.ts';
import { printable } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { type Competition, findCompetition } from '../data/index.ts';
import { readComparison } from '../records/index.ts';
import { findSubmits, LATEST, readSubmits, type Submits } from '../submissions/index.ts';
import type { Session } from './command.ts';
import { chooseCompetition } from './competition.ts';
import type { SharedValues } from './options.ts';
import { SUBMISSIONS_DIRECTORY, submissionsOf } from './places.ts';

export interface FolderOfSubmits extends Submits {
  readonly folder: string;
}

/** All output folders of the usual names that have submits, the one with the newest submit first. */
export async function foldersOfSubmits(): Promise<FolderOfSubmits[]> {
  const names = await readdir(SUBMISSIONS_DIRECTORY).catch(() => []);
  const all: FolderOfSubmits[] = [];
  for (const folder of names.map(submissionsOf).toSorted()) all.push({ folder, ...(await findSubmits(folder)) });
  const newest = ({ submits: [first] }: Submits): string => first?.startedAt ?? '';
  return all
    .filter(({ submits, unreadable }) => submits.length + unreadable.length > 0)
    .toSorted((a, b) => newest(b).localeCompare(newest(a)));
}

/**
 * The submits of the competition or in the folder that is named, else those of the competition with the newest submit,
 * which is then said.
 * @param name of one of them
 * @throws UserError if there are none that can be read
 */
export async function meantSubmits(
  { competition, dataDir, outDir }: Pick<SharedValues, 'competition' | 'dataDir' | 'outDir'>,
  name: string | undefined,
  session: Session,
): Promise<FolderOfSubmits> {
  if (outDir !== undefined) return { folder: outDir, ...(await readSubmits(outDir)) };
  const all = await foldersOfSubmits();
  if (competition === undefined && dataDir === undefined && all.length > 0) {
    const hasName = ({ submits }: Submits): boolean => submits.some((submit) => submit.name === name);
    const named = name === undefined || name === LATEST ? [] : all.filter(hasName);
    const [{ folder }, ...others] = named.length > 0 ? named : all;
    const rest = others.length === 0 ? '.' : `, the newest. ${listed(others)} Name one with --competition.`;
    session.progress.note(`Submits of ${nameOf(folder)}${rest}`);
    return { folder, ...(await readSubmits(folder)) };
  }
  const folder = submissionsOf((await chooseCompetition({ competition, dataDir }, session)).id);
  if (!all.some((one) => one.folder === folder)) {
    const remedy =
      all.length > 0
        ? `${listed(all)} Name one with --competition, or train (${commandLine('submit')}).`
        : `Train one: ${commandLine('submit')}.`;
    throw new UserError(`${displayPath(folder)}: expected a submit, found none. ${remedy}`);
  }
  return { folder, ...(await readSubmits(folder)) };
}

const nameOf = (folder: string): string => printable(basename(folder));

const listed = (folders: readonly FolderOfSubmits[]): string =>
  `Others with submits: ${folders.map(({ folder }) => nameOf(folder)).join(', ')}.`;

/**
 * The competition of submissions of which one or more lie beside the comparison of their submit, which is then said;
 * undefined for other files.
 * @throws UserError if they are of different competitions
 */
export async function competitionOfFiles(files: readonly string[], session: Session): Promise<Competition | undefined> {
  const known: { readonly file: string; readonly id: string }[] = [];
  for (const file of files) {
    const found = await readComparison(dirname(file)).catch(() => null);
    if (found !== null) known.push({ file: displayPath(file), id: found.competition });
  }
  const [first] = known;
  if (first === undefined) return undefined;
  const other = known.find(({ id }) => id !== first.id);
  if (other !== undefined) {
    throw new UserError(
      `Expected two submissions to one competition, got one to ${printable(first.id)} (${first.file}) and one to ${printable(other.id)} (${other.file}). ` +
        'Name other files, or the competition with --competition.',
    );
  }
  session.progress.note(`Data: ${printable(first.id)}, since ${first.file} is of a submit of it.`);
  return findCompetition(first.id);
}
