/** Reads studies that nobody here runs. */
import { openStorage } from './storage/index.ts';
import type { Storage } from './storage/storage.ts';
import { snapshotOf, type StudySnapshot } from './snapshot.ts';

export type { StudySnapshot } from './snapshot.ts';

/**
 * Reads a study without running it, also while others do.
 * @throws StudyError if there is no such store or study
 */
export async function readStudy(storage: string | Storage, name: string): Promise<StudySnapshot> {
  if (typeof storage !== 'string') return snapshotOf(storage, name);
  const store = await openStorage(storage, { readOnly: true });
  try {
    return await snapshotOf(store, name);
  } finally {
    await store.close();
  }
}
