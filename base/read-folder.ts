/** Lists folders, and names the one that cannot be read. */
import { statSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { displayPath } from './paths.ts';
import { codeOf, isMissing } from './system-error.ts';
import { UserError } from './user-error.ts';

/** What lies in a folder; nothing where there is none. @throws UserError if it cannot be read */
export const readFolder = (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: unknown) => nothingOr(folder, error));

export interface Entry {
  /** Below the folder, with slashes. */
  readonly path: string;
  readonly isFolder: boolean;
}

/** The same with all that lies below it, also behind links to folders. @throws UserError naming the folder that cannot be read */
export const readFolders = (folder: string): Promise<Entry[]> => entriesOf(folder, []);

/** @param above real paths of the folders that led here: a link to one of them, or to what holds it, is a circle */
async function entriesOf(folder: string, above: readonly string[]): Promise<Entry[]> {
  const entries: Entry[] = [];
  const found = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) =>
    nothingOr(folder, error),
  );
  for (const entry of found) {
    const full = join(entry.parentPath, entry.name);
    const path = relative(folder, full).split(sep).join('/');
    if (!entry.isSymbolicLink() || !leadsToFolder(full)) {
      entries.push({ path, isFolder: entry.isDirectory() });
      continue;
    }
    const [target, here] = await Promise.all([realpath(full), realpath(folder)]);
    const known = [...above, here];
    if (known.some((one) => `${one}${sep}`.startsWith(`${target}${sep}`))) continue;
    entries.push({ path, isFolder: true });
    for (const inner of await entriesOf(full, known)) entries.push({ ...inner, path: `${path}/${inner.path}` });
  }
  return entries;
}

/** Not with promises, which take far longer where each image is a link. */
function leadsToFolder(link: string): boolean {
  try {
    return statSync(link).isDirectory();
  } catch {
    // A link to nothing is a file that cannot be read; whoever reads it says so.
    return false;
  }
}

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
