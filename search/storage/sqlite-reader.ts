/**
 * Reads a study file without changing anything: no file is made beside it, so its disk may be read-only, and a file of
 * an earlier format is taken over in memory.
 *
 * A file at rest, without a write-ahead log, is opened as immutable, since SQLite would make the log and its index
 * otherwise. That is only right while nobody writes, so each reading looks at the file before and after: if it has
 * changed in between, it is read again.
 */
import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { NoStudyError, StudyError } from '../study-error.ts';
import { storeIsClosed } from './refusals.ts';
import { expectFile, primaryCode, resultCode, transaction, untilFree } from './sqlite-file.ts';
import type { SqliteFile } from './sqlite-file.ts';
import { prepare } from './sqlite-statements.ts';
import type { Statements } from './sqlite-statements.ts';
import { copyRows, foreign, formatOf, makeTables, schemaVersion, upgrade } from './sqlite-schema.ts';

interface Opened {
  readonly database: DatabaseSync;
  readonly sql: Statements;
  /** Size and times of the file; null if SQLite itself guarantees that all is read from one state. */
  readonly signature: string | null;
  /** Identity of the file itself. */
  readonly identity: string;
}

/** How often a reading is repeated because another process writes. */
const mostAttempts = 100;

/** @throws StudyError if there is no such file, or it cannot be read as a study file */
export async function readSqliteFile(path: string): Promise<SqliteFile> {
  let opened: Opened | undefined;
  const close = (): void => {
    opened?.database.close();
    opened = undefined;
  };
  const attempt = <T>(work: (sql: Statements) => T): { readonly result: T } | null => {
    const before = look(path);
    if (opened !== undefined && !isAsBefore(opened, before)) close();
    try {
      opened ??= open(path, before);
      const result = work(opened.sql);
      if (isAsBefore(opened, look(path))) return { result };
    } catch (error) {
      // A page that another process is writing looks like damage.
      if (opened === undefined ? look(path).signature === before.signature : isAsBefore(opened, look(path)))
        throw error;
    }
    close();
    return null;
  };
  const read = <T>(work: (sql: Statements) => T): Promise<T> =>
    untilFree(path, () => {
      for (let i = 0; i < mostAttempts; i += 1) {
        const done = attempt(work);
        if (done !== null) return done.result;
      }
      throw new StudyError(`${path} is written without a pause: try again later.`);
    });

  await read(() => {});
  let isClosed = false;
  const refuse = (): never => {
    throw new TypeError(`${path} was opened for reading only`);
  };
  return {
    location: path,
    follow: refuse,
    async read(work) {
      if (isClosed) throw storeIsClosed(path);
      return read(work);
    },
    write: async () => refuse(),
    async close() {
      isClosed = true;
      close();
    },
  };
}

interface Look {
  readonly identity: string;
  readonly signature: string;
  /** There are changes that are not in the file itself. */
  readonly hasLog: boolean;
  readonly hasIndex: boolean;
}

function look(path: string): Look {
  const [file, log, journal] = ['', '-wal', '-journal'].map((end) =>
    statSync(`${path}${end}`, { bigint: true, throwIfNoEntry: false }),
  );
  if (file === undefined) {
    throw new NoStudyError(`There is no study file ${path}: run a search first, or name another file.`);
  }
  const parts = [file, log, journal].map((part) =>
    part === undefined || part.size === 0n ? '' : `${part.dev}:${part.ino}:${part.size}:${part.mtimeNs}`,
  );
  return {
    identity: `${file.dev}:${file.ino}`,
    signature: parts.join(' '),
    hasLog: parts[1] !== '' || parts[2] !== '',
    hasIndex: statSync(`${path}-shm`, { throwIfNoEntry: false }) !== undefined,
  };
}

const isAsBefore = ({ signature, identity }: Opened, now: Look): boolean =>
  signature === null ? identity === now.identity : signature === now.signature;

function open(path: string, { identity, signature, hasLog, hasIndex }: Look): Opened {
  expectFile(path);
  const connect = (source: DatabaseSync, isLive: boolean): Opened => {
    try {
      const format = formatOf(source, path);
      if (format === 0) throw new StudyError(foreign(path));
      if (format === schemaVersion) {
        return { database: source, sql: prepare(source), identity, signature: isLive ? null : signature };
      }
      const database = upgraded(source, path, format);
      source.close();
      return { database, sql: prepare(database), identity, signature };
    } catch (error) {
      if (source.isOpen) source.close();
      throw error;
    }
  };
  if (!hasLog) {
    const url = pathToFileURL(path);
    url.searchParams.set('immutable', '1');
    return connect(new DatabaseSync(url, { readOnly: true }), false);
  }
  if (hasIndex) {
    try {
      return connect(new DatabaseSync(path, { readOnly: true }), true);
    } catch (error) {
      if (![resultCode.readOnly, resultCode.cannotOpen].includes(primaryCode(error) ?? -1)) throw error;
    }
  }
  return connect(copied(path), false);
}

/** A database in memory with what a file and its log hold: the log cannot be read without making its index. */
function copied(path: string): DatabaseSync {
  const folder = mkdtempSync(join(tmpdir(), 'wide-optima-'));
  try {
    const copy = join(folder, basename(path));
    for (const end of ['', '-wal', '-journal']) {
      if (statSync(`${path}${end}`, { throwIfNoEntry: false }) !== undefined) copyFileSync(`${path}${end}`, copy + end);
    }
    const source = new DatabaseSync(copy);
    try {
      const format = formatOf(source, path);
      if (format === 0) throw new StudyError(foreign(path));
      const database = new DatabaseSync(':memory:');
      makeTables(database, format);
      copyRows(source, database);
      return database;
    } finally {
      source.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function upgraded(source: DatabaseSync, path: string, format: number): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  makeTables(database, format);
  copyRows(source, database);
  transaction(database, path, () => upgrade(database, format));
  return database;
}
