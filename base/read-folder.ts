/** Lists folders, and names the one that cannot be read. */
import type { Dirent } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { displayPath } from './paths.ts';
import { codeOf, isMissing } from './system-error.ts';
import { UserError } from './user-error.ts';

/** What lies in a folder; nothing where there is none. @throws UserError if it cannot be read */
export const readFolder = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: unknown) => nothingOr(folder, error));

/** The same with all that lies below it. @throws UserError naming the folder that cannot be read */
export const readFolders = (folder: string): Promise<Dirent[]> =>
  readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => nothingOr(folder, error));

function nothingOr(folder: string, error: unknown): [] {
  if (isMissing(error)) return [];
  throw unreadableFolder(folder, error);
}

/** @param error of the file system, which names the folder that it refused: it may lie below the one that was asked for */
export function unreadableFolder(folder: string, error: unknown): UserError {
  const refused = error instanceof Error && 'path' in error ? String(error.path) : folder;
  return new UserError(`${displayPath(refused)}: cannot be read (${codeOf(error)}). Fix its permissions.`, {
    cause: error,
  });
}
