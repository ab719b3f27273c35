/** Opens the SQLite file of a store: made if it is missing, refused if it is not ours, and errors put into words. */
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { StudyError } from '../study-error.ts';
import { damaged } from './rows.ts';

/** Marks our files among all SQLite files ("wide" in ASCII). */
const applicationId = 0x77696465;
const schemaVersion = 2;
/** How long to wait for other processes that use the file. */
const busyTimeoutMs = 30_000;
const retryMs = 1;
/** How long SQLite waits by itself. */
const lockTimeoutMs = 2;

const schema = `
  CREATE TABLE studies (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    definition TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE trials (
    study_id INTEGER NOT NULL REFERENCES studies (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    state TEXT NOT NULL,
    value REAL,
    params TEXT NOT NULL,
    distributions TEXT NOT NULL,
    intermediate_values TEXT NOT NULL,
    user_attributes TEXT NOT NULL,
    created_at TEXT NOT NULL,
    started_at TEXT,
    finished_at TEXT,
    owner TEXT,
    lease_until REAL NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (study_id, number)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX unfinished_trials ON trials (study_id, state, number) WHERE state = 'RUNNING' OR state = 'WAITING';
  CREATE INDEX changed_trials ON trials (study_id, revision);
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${schemaVersion};
`;

/** From format 1, in which a study as a whole had an owner. */
const migration = `
  ALTER TABLE studies DROP COLUMN owner;
  ALTER TABLE studies DROP COLUMN lease_until;
  ALTER TABLE studies ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
  ALTER TABLE trials ADD COLUMN owner TEXT;
  ALTER TABLE trials ADD COLUMN lease_until REAL NOT NULL DEFAULT 0;
  ALTER TABLE trials ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
  CREATE INDEX changed_trials ON trials (study_id, revision);
  PRAGMA user_version = ${schemaVersion};
`;

/**
 * @param mustExist refuse a missing file in place of making it and its folders
 * @throws StudyError if the file cannot be used
 */
export async function openSqliteFile(path: string, mustExist: boolean): Promise<DatabaseSync> {
  if (!existsSync(path)) {
    if (mustExist) throw new StudyError(`There is no study file ${path}: run a search first, or name another file.`);
    makeFolder(path);
  }
  return untilFree(path, () => {
    let database: DatabaseSync | undefined;
    try {
      database = new DatabaseSync(path, { timeout: lockTimeoutMs });
      prepareFile(database, path);
      return database;
    } catch (error) {
      database?.close();
      throw error;
    }
  });
}

/**
 * Tries again while other processes keep the file busy. SQLite's own way of waiting stops the whole process, sleeps ever
 * longer so that some wait for long, and knows no waiting for the lock that the change to WAL needs.
 */
export async function untilFree<T>(path: string, work: () => T): Promise<T> {
  const start = performance.now();
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (primaryCode(error) !== resultCode.busy || performance.now() - start > busyTimeoutMs) {
        throw inWords(error, path);
      }
      await sleep(retryMs);
    }
  }
}

/** Runs `work` in a transaction that holds the write lock from the start. */
export function transaction<T>(database: DatabaseSync, path: string, work: () => T): T {
  try {
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      // Some errors, such as a full disk, have ended the transaction already.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  } catch (error) {
    throw inWords(error, path);
  }
}

/** A StudyError for every SQLite error that has a cause outside this program. */
export function inWords(error: unknown, path: string): unknown {
  const sentence = sentences.get(primaryCode(error) ?? -1);
  return sentence === undefined ? error : new StudyError(sentence(path), { cause: error });
}

/** Source: https://sqlite.org/rescode.html */
const resultCode = { busy: 5, readOnly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notADatabase: 26 };

const sentences = new Map<number, (path: string) => string>([
  [resultCode.busy, (path) => `${path} is in use by another process: wait until it ends, or use another file.`],
  [
    resultCode.readOnly,
    (path) => `${path} cannot be written: allow writing to it and its folder, or use another file.`,
  ],
  [resultCode.ioError, (path) => `${path} cannot be read or written: check the disk, or use another file.`],
  [resultCode.corrupt, damaged],
  [resultCode.full, (path) => `${path} cannot grow because the disk is full: free some space and start again.`],
  [resultCode.cannotOpen, (path) => `${path} cannot be opened: check that it is a file in a folder you may write to.`],
  [resultCode.notADatabase, foreign],
]);

function foreign(path: string): string {
  return `${path} is not a study file: use another file.`;
}

function prepareFile(database: DatabaseSync, path: string): void {
  if (versionOf(database, path) !== schemaVersion) {
    database.exec('PRAGMA journal_mode = WAL');
    transaction(database, path, () => {
      const version = versionOf(database, path);
      if (version !== schemaVersion) database.exec(version === 0 ? schema : migration);
    });
  }
  database.exec('PRAGMA synchronous = FULL');
  if (pragma(database, 'quick_check') !== 'ok') throw new StudyError(damaged(path));
}

/** Of a study file; 0 of an empty one. @throws StudyError for any other */
function versionOf(database: DatabaseSync, path: string): number {
  // First: tables and marks of a file that another process makes at this moment appear together.
  const isEmpty = database.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
  const version = Number(pragma(database, 'user_version'));
  const isMarked = pragma(database, 'application_id') === applicationId;
  if (isMarked && version > schemaVersion) {
    throw new StudyError(
      `${path} was written by a newer version of this program (format ${version}, this one knows ${schemaVersion}): ` +
        'update the program, or use another file.',
    );
  }
  if (!isMarked && !isEmpty) throw new StudyError(foreign(path));
  return isMarked ? version : 0;
}

function pragma(database: DatabaseSync, name: string): unknown {
  return Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
}

/** Parents one by one: where one refuses, as in /proc, the recursive `mkdirSync` of Node 24 does not come back. */
function makeFolder(path: string): void {
  const missing: string[] = [];
  for (let folder = resolve(dirname(path)); !isFolder(folder); folder = dirname(folder)) missing.unshift(folder);
  for (const folder of missing) {
    try {
      mkdirSync(folder);
    } catch (error) {
      // Another process may have been faster.
      if (isFolder(folder)) continue;
      throw new StudyError(`The folder of ${path} cannot be made (${String(error)}): use another file.`, {
        cause: error,
      });
    }
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** Of an SQLite error, or of one that was put into words. The extended codes hold the primary one in their low byte. */
function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff;
  return primaryCode(error.cause);
}
