/**
 * Folders that belong to one process while it works on them. A file in the folder says which process has it; that of a
 * process that has ended does not count.
 */
import { readdir, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readJson } from './json.ts';
import { makeFolder } from './make-folder.ts';
import { withTurn } from './output-files.ts';
import { isAlive, leaseMs, newOwner, renewalMs } from './owner.ts';
import { ownerSchema } from './owner-schema.ts';
import { codeOf } from './system-error.ts';

export const OWNER_FILE = 'owner.json';

/** Whether a process that lives has the folder. */
export async function isInUse(folder: string): Promise<boolean> {
  const path = join(folder, OWNER_FILE);
  const renewed = await stat(path).catch(() => null);
  const owner = await readJson(path, ownerSchema).catch(() => null);
  if (owner === null || renewed === null) return false;
  return isAlive(owner, Date.now() - renewed.mtimeMs < leaseMs);
}

/** Says again and again that this process lives. @returns a function that ends it */
export function renewClaim(folder: string): () => void {
  const path = join(folder, OWNER_FILE);
  const renewal = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), renewalMs);
  renewal.unref();
  return () => clearInterval(renewal);
}

/** Whether a process could claim the folder: nothing is in it, and no process that lives has it. */
export async function isFree(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((error: unknown) => (codeOf(error) === 'ENOENT' ? [] : null));
  return names !== null && names.every((name) => name === OWNER_FILE) && !(await isInUse(folder));
}

export interface Claim {
  /** Gives the folder free, and takes it away if nothing is in it. */
  release(): Promise<void>;
}

/**
 * Makes a folder for this process alone. Of several processes that want it at the same moment one gets it.
 * @returns null if it is not free
 * @throws the error of the file system
 */
export async function claimFolder(folder: string): Promise<Claim | null> {
  const parent = dirname(folder);
  const file = join(folder, OWNER_FILE);
  await makeFolder(parent);
  const isMine = await withTurn(parent, async () => {
    if (!(await isFree(folder))) return false;
    await makeFolder(folder);
    await rm(file, { force: true });
    await writeFile(file, JSON.stringify(newOwner()), { flag: 'wx' });
    return true;
  });
  if (!isMine) return null;
  const endRenewal = renewClaim(folder);
  return {
    async release() {
      endRenewal();
      await rm(file, { force: true }).catch(() => {});
      await rmdir(folder).catch(() => {});
    },
  };
}
