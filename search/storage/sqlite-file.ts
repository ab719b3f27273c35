/** An SQLite file of a store as its statements use it, and its errors in words. */
import { statSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../../base/system-error.ts';
import { printable } from '../../base/printable.ts';
import { StudyError } from '../study-error.ts';
import { damaged } from './rows.ts';
import { foreign } from './sqlite-schema.ts';
import type { SqlitePlace } from './sqlite-place.ts';
import type { Statements } from './sqlite-statements.ts';

export interface SqliteFile {
  /** Where it is by now. */
  readonly location: string;
  /** Calls back with the place of the open file: now, and whenever it is opened anew. @returns how to stop that */
  readonly follow: (onPlace: (place: SqlitePlace) => void) => () => void;
  readonly read: <T>(work: (sql: Statements) => T) => Promise<T>;
  /**
   * Runs a transaction that holds the write lock from the start.
   * @param options.isLazy does not wait for the disk: a power failure may take the transaction away
   */
  readonly write: <T>(work: (sql: Statements) => T, options?: { isLazy?: boolean }) => Promise<T>;
  close(): Promise<void>;
}

/** How long to wait for other processes that use the file. */
const busyTimeoutMs = 30_000;
const retryMs = 1;

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

/** @throws StudyError if something else than a file has the name: a FIFO would wait for ever */
export function expectFile(path: string): void {
  if (!statSync(path).isFile()) throw new StudyError(cannotOpen(path));
}

/** A StudyError for every error of SQLite or of the file system. */
export function inWords(error: unknown, path: string): unknown {
  if (error instanceof StudyError || !(error instanceof Error)) return error;
  const code = primaryCode(error);
  const isFromSystem = 'syscall' in error;
  if (code === undefined && !isFromSystem && codeOf(error) !== 'ERR_OUT_OF_RANGE') return error;
  const sentence = sentences.get(code ?? (isFromSystem ? resultCode.cannotOpen : resultCode.corrupt)) ?? unusable;
  return new StudyError(sentence(path, error), { cause: error });
}

/** The primary code of an SQLite error or of its cause: the low byte of the extended code. Undefined for other errors. */
export function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('errcode' in error && typeof error.errcode === 'number') return error.errcode & 0xff;
  return primaryCode(error.cause);
}

/** Source: https://sqlite.org/rescode.html */
export const resultCode = {
  busy: 5,
  readOnly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
};

const cannotOpen = (path: string): string =>
  `${path} cannot be opened: check that it is a file in a folder you may write to.`;
const unusable = (path: string, error: Error): string =>
  `${path} cannot be used as a study file (${printable(error.message)}): restore it from a copy, or use another file.`;

const sentences = new Map<number, (path: string, error: Error) => string>([
  [resultCode.busy, (path) => `${path} is in use by another process: wait until it ends, or use another file.`],
  [
    resultCode.readOnly,
    (path) => `${path} cannot be written: allow writing to it and its folder, or use another file.`,
  ],
  [resultCode.ioError, (path) => `${path} cannot be read or written: check the disk, or use another file.`],
  [resultCode.corrupt, damaged],
  [resultCode.full, (path) => `${path} cannot grow because the disk is full: free some space and start again.`],
  [resultCode.cannotOpen, cannotOpen],
  [resultCode.notADatabase, foreign],
]);
