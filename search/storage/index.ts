/** Every store, by what its location looks like. */
import { existsSync } from 'node:fs';
import { expectOptions, type OptionKinds } from '../expect-options.ts';
import { StudyError } from '../study-error.ts';
import { parseLocation } from './location.ts';
import { memoryStorage } from './memory.ts';
import type { Storage, StorageOptions } from './storage.ts';
import { keepingUnsaved } from './unsaved.ts';

/** Whether there may be a store to open: false for a missing file and for memory, true for any server. */
export function storageExists(location: string): boolean {
  const place = parseLocation(location);
  return place.kind === 'postgres' || (place.kind === 'file' && existsSync(place.path));
}

/**
 * @param location a file, which is made with its folders if it is missing, a database, or memory: see `parseLocation`
 * @throws StudyError if the file or the database cannot be used
 */
export async function openStorage(location: string, options: StorageOptions = {}): Promise<Storage> {
  expectOptions('openStorage', options, optionKinds);
  const { unsavedDir, onNotice = warn } = options;
  const storage = await openPlace(location, { ...options, onNotice });
  return unsavedDir === undefined ? storage : keepingUnsaved(storage, unsavedDir, onNotice);
}

const optionKinds: OptionKinds<StorageOptions> = {
  mustExist: 'any',
  readOnly: 'any',
  signal: 'signal',
  onNotice: 'function',
  unsavedDir: 'text',
};

/** What becomes of results is never silent. */
const warn = (sentence: string): void => process.emitWarning(sentence);

async function openPlace(location: string, options: StorageOptions): Promise<Storage> {
  const place = parseLocation(location);
  // Loaded here, so that other kinds of stores do not wait for the driver of a database.
  if (place.kind === 'file') return (await import('./sqlite.ts')).sqliteStorage(place.path, options);
  if (place.kind === 'postgres') return (await import('./postgres.ts')).postgresStorage(place, options);
  if (options.mustExist || options.readOnly) {
    throw new StudyError(
      `Studies in ${location} end with the process that makes them: name the file or the database of a search.`,
    );
  }
  return memoryStorage();
}
