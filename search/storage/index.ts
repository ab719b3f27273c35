/** Every store, by what its location looks like. */
import { existsSync } from 'node:fs';
import { memoryLocation, memoryStorage } from './memory.ts';
import { sqliteStorage } from './sqlite.ts';
import type { Storage } from './storage.ts';

/** Whether there is something to open: false for a file that is missing. */
export function storageExists(location: string): boolean {
  return location !== memoryLocation && existsSync(location);
}

/**
 * @param location `:memory:`, or the path of an SQLite file, which is made with its folders if it is missing
 * @param options.mustExist refuse a missing file
 * @throws StudyError if the file cannot be used
 */
export async function openStorage(location: string, options: { mustExist?: boolean } = {}): Promise<Storage> {
  return location === memoryLocation ? memoryStorage() : sqliteStorage(location, options);
}
