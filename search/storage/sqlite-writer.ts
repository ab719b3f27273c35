/**
 * Opens a study file for a search: made if it is missing, brought to the format of today, refused if it is not ours.
 *
 * The file may be deleted or replaced while it is open. The connection then goes on in a file without a name, whose
 * content would be gone at the end. So every transaction looks whether the file is still where it was; if not, all
 * studies are written to a new file, with which the search goes on. Since nobody commits to a file that has lost its
 * name, every process that had it open finds the same content, and the first one's new file is taken by the others.
 */
import { DatabaseSync } from 'node:sqlite';
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeFolderSync } from '../../base/make-folder.ts';
import { NoStudyError, StudyError } from '../study-error.ts';
import { storeIsClosed } from './refusals.ts';
import { damaged, refuseRunningRows } from './rows.ts';
import { expectFile, inWords, primaryCode, resultCode, transaction, untilFree } from './sqlite-file.ts';
import type { SqliteFile } from './sqlite-file.ts';
import { identitiesOf, identityOf, isInPlace } from './sqlite-place.ts';
import type { SqlitePlace } from './sqlite-place.ts';
import { moveTo } from './sqlite-rescue.ts';
import { prepare } from './sqlite-statements.ts';
import type { Statements } from './sqlite-statements.ts';
import { formatOf, makeTables, pragma, schemaVersion, upgrade } from './sqlite-schema.ts';
import type { StorageOptions } from './storage.ts';

/** How long SQLite waits by itself. */
const lockTimeoutMs = 2;

const mostCheckpoints = 100;
const retryMs = 5;

/** The file, its log or the log's index are not there any more, or others are. */
class LostError extends Error {}

interface Opened extends SqlitePlace {
  readonly database: DatabaseSync;
  readonly sql: Statements;
}

const placeOf = ({ path, identities }: Opened): SqlitePlace => ({ path, identities });

/** By their paths. Within a process SQLite shares more between connections than a lost file allows: one is enough. */
const openFiles = new Map<string, Promise<SharedFile>>();

interface SharedFile {
  readonly file: SqliteFile;
  readonly listeners: Set<(sentence: string) => void>;
  users: number;
}

/** @throws StudyError if the file cannot be used */
export async function openSqliteFile(
  location: string,
  { mustExist = false, onNotice }: StorageOptions,
): Promise<SqliteFile> {
  // Absolute, because the working directory may change.
  const path = resolve(location);
  if (existsSync(path)) expectFile(path);
  else if (mustExist)
    throw new NoStudyError(`There is no study file ${location}: run a search first, or name another file.`);
  let opening = openFiles.get(path);
  if (opening === undefined) {
    opening = openAlone(path, location);
    openFiles.set(path, opening);
    opening.catch(() => openFiles.delete(path));
  }
  const shared = await opening;
  shared.users += 1;
  const { file, listeners } = shared;
  if (onNotice) listeners.add(onNotice);
  let isClosed = false;
  const use = (): SqliteFile => {
    if (isClosed) throw storeIsClosed(file.location);
    return file;
  };
  return {
    get location() {
      return file.location;
    },
    follow: (onPlace) => use().follow(onPlace),
    read: async (work) => use().read(work),
    write: async (work, how) => use().write(work, how),
    async close() {
      if (isClosed) return;
      isClosed = true;
      shared.users -= 1;
      if (shared.users === 0) {
        openFiles.delete(path);
        await file.close();
      }
      if (onNotice) listeners.delete(onNotice);
    },
  };
}

async function openAlone(firstPath: string, location: string): Promise<SharedFile> {
  let [path, shown] = [firstPath, location];
  const listeners = new Set<(sentence: string) => void>();
  const followers = new Set<(place: SqlitePlace) => void>();
  makeFolder(path, shown);
  let opened = await connect(path, shown);
  /** Closing them removes the log that has their name, which by then is that of the new file: so they end with it. */
  const lost: DatabaseSync[] = [];

  const expectInPlace = (): void => {
    if (!isInPlace(opened)) throw new LostError();
  };
  const recover = async (): Promise<void> => {
    const { database, identities } = opened;
    if (identityOf(path) === identities[''] && (await isMerged(opened, path))) {
      // The log alone is gone; all that it had is in the file now.
      database.close();
    } else {
      // Other processes that had the file open wait meanwhile.
      const move = (): string => transaction(database, shown, () => moveTo(database, path, identities));
      const moved = await untilFree(shown, move);
      lost.push(database);
      const sentence =
        moved === path
          ? `${shown} was deleted or moved while it was open: it was written again, with all studies.`
          : `${shown} was replaced while it was open: its studies are in ${moved} now, where they go on. ` +
            'Name that file from now on.';
      if (moved !== path) [path, shown] = [moved, moved];
      for (const tell of listeners) tell(sentence);
    }
    opened = await connect(path, shown);
    for (const tell of followers) tell(placeOf(opened));
  };
  let recovery: Promise<void> | undefined;
  /** Again in the new file, if the old one was lost before the work began. */
  const inPlace = async <T>(attempt: () => Promise<T>): Promise<T> => {
    for (;;) {
      await recovery;
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof LostError)) throw error;
        recovery ??= recover().finally(() => {
          recovery = undefined;
        });
      }
    }
  };

  const file: SqliteFile = {
    get location() {
      return shown;
    },
    follow(onPlace) {
      onPlace(placeOf(opened));
      followers.add(onPlace);
      return () => void followers.delete(onPlace);
    },
    read: (work) =>
      inPlace(() =>
        untilFree(shown, () => {
          expectInPlace();
          return work(opened.sql);
        }),
      ),
    write: (work, { isLazy = false } = {}) =>
      inPlace(() =>
        untilFree(shown, () => {
          const { database, sql } = opened;
          if (isLazy) database.exec('PRAGMA synchronous = NORMAL');
          try {
            return transaction(database, shown, () => {
              expectInPlace();
              return work(sql);
            });
          } finally {
            if (isLazy) database.exec('PRAGMA synchronous = FULL');
          }
        }),
      ),
    async close() {
      try {
        await inPlace(async () => expectInPlace());
        // Others may read on: what they then leave beside the file is empty.
        if (await isMerged(opened, path)) opened.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } finally {
        if (opened.database.isOpen) opened.database.close();
        for (const database of lost) if (identityOf(`${firstPath}-wal`) === null) database.close();
      }
    },
  };
  return { file, listeners, users: 0 };
}

async function connect(path: string, shown: string): Promise<Opened> {
  for (;;) {
    const before = identityOf(path);
    const opened = await untilFree(shown, () => {
      let database: DatabaseSync | undefined;
      try {
        if (before !== null && identityOf(`${path}-wal`) === null) expectAtRest(path);
        database = new DatabaseSync(path, { timeout: lockTimeoutMs });
        prepareFile(database, shown);
        return { path, database, sql: prepare(database), identities: identitiesOf(path) };
      } catch (error) {
        database?.close();
        throw error;
      }
    });
    const { '': now } = opened.identities;
    // Else it was replaced at this very moment.
    if (now !== null && (before === null || before === now)) return opened;
    opened.database.close();
  }
}

/**
 * A process that has the file open has a log too. If that was deleted, the file alone is not up to date: a process
 * that opened it now would miss what the other process merges at its next transaction.
 * @throws the busy error of SQLite if another process has the file open
 */
function expectAtRest(path: string): void {
  const probe = new DatabaseSync(path, { timeout: lockTimeoutMs });
  try {
    probe.exec('PRAGMA locking_mode = EXCLUSIVE');
    probe.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get();
  } catch (error) {
    // What else is wrong with the file shows when it is opened.
    if (primaryCode(error) === resultCode.busy) throw error;
  } finally {
    probe.close();
  }
}

/** Writes the log into the file. @returns whether all of it was written and no process has begun another log */
async function isMerged({ database, identities }: Opened, path: string): Promise<boolean> {
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
  if (log !== undefined && log.size > 0 && identityOf(`${path}-wal`) !== identities['-wal']) return false;
  try {
    const checkpoint = database.prepare('PRAGMA wal_checkpoint(PASSIVE)');
    for (let i = 0; i < mostCheckpoints; i += 1) {
      const row = checkpoint.get();
      if (row?.busy === 0 && row.log === row.checkpointed) return true;
      // Another process still reads the older state.
      await sleep(retryMs);
    }
  } catch {
    // The connection itself is of no use; what it holds may be read all the same.
  }
  return false;
}

function prepareFile(database: DatabaseSync, path: string): void {
  if (formatOf(database, path) !== schemaVersion) {
    database.exec('PRAGMA journal_mode = WAL');
    transaction(database, path, () => {
      const format = formatOf(database, path);
      if (format === 0) makeTables(database);
      else if (format !== schemaVersion) {
        expectUnused(database, format, path);
        upgrade(database, format);
      }
    });
  }
  database.exec('PRAGMA synchronous = FULL');
  if (pragma(database, 'quick_check') !== 'ok') throw new StudyError(damaged(path));
}

/** A process with an earlier version of this program could not go on in tables of another format. */
function expectUnused(database: DatabaseSync, format: number, path: string): void {
  if (format === 1) return;
  const running = database.prepare(
    'SELECT name, number, state, t.owner, lease_until - ? AS lease_left FROM trials t JOIN studies s ON s.id = study_id ' +
      "WHERE state = 'RUNNING' AND t.owner IS NOT NULL",
  );
  for (const row of running.all(Date.now())) refuseRunningRows(String(row.name), path, [row]);
}

export function makeFolder(path: string, shown: string): void {
  try {
    makeFolderSync(dirname(path));
  } catch (error) {
    throw new StudyError(`The folder of ${shown} cannot be made (${String(error)}): use another file.`, {
      cause: inWords(error, shown),
    });
  }
}
