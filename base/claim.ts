/**
 * Locks on folders. A file in a claimed folder names the process that works on it. The claim ends with the process.
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

/** Whether a live process has claimed the folder. */
export async function isInUse(folder: string): Promise<boolean> {
  const path = join(folder, OWNER_FILE);
  const renewed = await stat(path).catch(() => null);
  const owner = await readJson(path, ownerSchema).catch(() => null);
  if (owner === null || renewed === null) return false;
  return isAlive(owner, Date.now() - renewed.mtimeMs < leaseMs);
}

/** Renews the claim of this process at intervals. @returns a function that stops the renewal */
export function renewClaim(folder: string): () => void {
  const path = join(folder, OWNER_FILE);
  const renewal = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => {}), renewalMs);
  renewal.unref();
  return () => clearInterval(renewal);
}

/** Whether a process could claim the folder: it is empty, and no live process has claimed it. */
export async function isFree(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((error: unknown) => (codeOf(error) === 'ENOENT' ? [] : null));
  return names !== null && names.every((name) => name === OWNER_FILE) && !(await isInUse(folder));
}

export interface Claim {
  /** Releases the folder, and removes it if it is empty. */
  release(): Promise<void>;
}

/**
 * Creates a folder and claims it for this process. If several processes try at the same moment, one of them succeeds.
 * @returns null if the folder is not free
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
