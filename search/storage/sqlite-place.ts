/** Which files an open store is: their names may come to mean other files while it is open. */
import { statSync } from 'node:fs';

/** An open store: its path, and the files that had its names when it was opened. */
export interface SqlitePlace {
  readonly path: string;
  readonly identities: Identities;
}

/** Identities of the file, its log and the log's index, by the end of their names. */
export interface Identities {
  readonly '': string | null;
  readonly '-wal': string | null;
  readonly '-shm': string | null;
}

const parts = ['', '-wal', '-shm'] as const;

/** Device and inode of a file; null if it does not exist. */
export function identityOf(path: string): string | null {
  const found = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}

export const identitiesOf = (path: string): Identities => ({
  '': identityOf(path),
  '-wal': identityOf(`${path}-wal`),
  '-shm': identityOf(`${path}-shm`),
});

/** Whether all files that had the names have them still. */
export function isInPlace({ path, identities }: SqlitePlace): boolean {
  const now = identitiesOf(path);
  return parts.every((part) => identities[part] === null || identities[part] === now[part]);
}
