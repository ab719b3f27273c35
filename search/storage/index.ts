/** Every store, by what its location looks like. */
import { existsSync } from 'node:fs';
import { memoryLocation, memoryStorage } from './memory.ts';
import { withoutPassword } from './postgres-server.ts';
import { postgresStorage } from './postgres.ts';
import { sqliteStorage } from './sqlite.ts';
import type { Storage } from './storage.ts';

const isPostgres = (location: string): boolean => /^postgres(ql)?:/.test(location);

/** Whether there may be something to open: false for a file that is missing. */
export function storageExists(location: string): boolean {
  return isPostgres(location) || (location !== memoryLocation && existsSync(location));
}

/**
 * @param location `:memory:`, `postgres://user:password@host:port/database`, or the path of an SQLite file, which is
 * made with its folders if it is missing
 * @param options.mustExist refuse a missing file, or a database without studies
 * @throws StudyError if the file or the database cannot be used
 */
export async function openStorage(location: string, options: { mustExist?: boolean } = {}): Promise<Storage> {
  if (location === memoryLocation) return memoryStorage();
  return isPostgres(location) ? postgresStorage(location, options) : sqliteStorage(location, options);
}

/** The location for messages, without a password. @returns null for a file, whose path tells no secret */
export const databaseAddress = (location: string): string | null =>
  isPostgres(location) ? withoutPassword(location) : null;
