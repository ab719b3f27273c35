/** Writes all that an open store holds to a new file, when its own file is not there any more. */
import { constants, copyFileSync, linkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { makeFolderSync } from '../../base/make-folder.ts';
import { codeOf } from '../../base/system-error.ts';
import { temporaryName } from '../../base/temporary-file.ts';
import { StudyError } from '../study-error.ts';
import { primaryCode, resultCode } from './sqlite-file.ts';
import { identitiesOf, identityOf } from './sqlite-place.ts';
import type { Identities } from './sqlite-place.ts';
import { copyRows, formatOf, makeTables, schemaVersion } from './sqlite-schema.ts';

const mostNames = 100;

/**
 * No file that is there is changed: the new one takes the old name if that is free, else one beside it, else one in the
 * folder for temporary files. Where another process was faster, which had the same file open, its file is taken.
 * @param path where the file was
 * @param identities of the lost file
 * @returns where it is now
 * @throws StudyError if it can be written nowhere
 */
export function moveTo(database: DatabaseSync, path: string, identities: Identities): string {
  let reason: unknown;
  // SQLite would take them for those of the file that has the name now.
  for (const part of ['-wal', '-shm'] as const) {
    if (identities[part] !== null && identityOf(path + part) === identities[part]) rmSync(path + part);
  }
  for (const target of candidates(path)) {
    try {
      if (isFree(target)) place(database, target);
      if (holds(target, database)) return target;
    } catch (error) {
      // Another process opens the new file at this moment: the caller tries again.
      if (primaryCode(error) === resultCode.busy) throw error;
      reason = error;
    }
  }
  throw new StudyError(
    `${path} was deleted or replaced while it was open, and its studies can be written neither there nor in ` +
      `${tmpdir()} (${String(reason)}): free disk space, and start again.`,
    { cause: reason },
  );
}

function* candidates(path: string): Generator<string> {
  yield path;
  const end = extname(path);
  const stem = path.slice(0, path.length - end.length);
  for (let i = 1; i <= mostNames; i += 1) yield `${stem}-rescued${i === 1 ? '' : `-${i}`}${end}`;
  for (let i = 1; i <= mostNames; i += 1) yield join(tmpdir(), `wide-optima-studies-rescued-${i}.db`);
}

const isFree = (path: string): boolean => Object.values(identitiesOf(path)).every((part) => part === null);

function place(database: DatabaseSync, target: string): void {
  makeFolderSync(dirname(target));
  const copy = temporaryName(target);
  try {
    const fresh = new DatabaseSync(copy);
    try {
      fresh.exec('PRAGMA journal_mode = WAL');
      makeTables(fresh);
      copyRows(database, fresh);
    } finally {
      fresh.close();
    }
    giveName(copy, target);
  } finally {
    rmSync(copy, { force: true });
  }
}

/** In one step, and only if nothing has the name. */
function giveName(file: string, name: string): void {
  try {
    linkSync(file, name);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    // Some file systems have no links.
    copyFileSync(file, name, constants.COPYFILE_EXCL);
  }
}

/** Whether a file is a store with everything that another has: finished trials as they are, others perhaps further. */
function holds(path: string, database: DatabaseSync): boolean {
  const other = new DatabaseSync(path, { readOnly: true });
  try {
    if (formatOf(other, path) !== schemaVersion) return false;
    return [
      'SELECT id, name FROM studies',
      'SELECT study_id, number, created_at FROM trials',
      "SELECT study_id, number, checksum FROM trials WHERE state NOT IN ('RUNNING', 'WAITING')",
    ].every((query) => includes(other, database, query));
  } catch (error) {
    if (primaryCode(error) === resultCode.busy) throw error;
    return false;
  } finally {
    other.close();
  }
}

/** Whether each row that the query has in one database is also in the other. */
function includes(other: DatabaseSync, database: DatabaseSync, query: string): boolean {
  const key = (row: object): string => JSON.stringify(Object.values(row));
  const there = new Set(other.prepare(query).all().map(key));
  return database
    .prepare(query)
    .all()
    .every((row) => there.has(key(row)));
}
