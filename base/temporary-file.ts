/**
 * Names of unfinished files and folders. They say which process is writing, so that what a killed process has left can be
 * told from what a live one still writes.
 */
import { randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';
import { fateOf, newOwner } from './owner.ts';

const pattern = /\.(?<mark>[0-9a-f]{8}-\d+-\d+)-[0-9a-f]{8}\.tmp$/;
/** Where nothing is known of a process, such as one of another machine, what is older than this is a leftover. */
const LEFTOVER_MS = 60 * 60 * 1000;

const { host, namespace, pid, processStart } = newOwner();
const [boot, ticks = '0'] = processStart.split('/');
/** Where ids of processes mean the same. */
const place = crc32(`${host} ${namespace} ${boot}`).toString(16).padStart(8, '0');

/** Says which process this is, in letters that the name of a file may have. */
export const processMark = `${place}-${pid}-${ticks}`;

/** Whether the process with this mark still runs; not known for one of another machine. */
export function fateOfMark(mark: string): 'runs' | 'ended' | 'unknown' {
  const [where, id, start] = mark.split('-');
  if (where !== place) return 'unknown';
  return fateOf({ token: '', host, namespace, pid: Number(id), processStart: `${boot}/${start}` });
}

/** A new name for the unfinished content of a file, in the same folder. */
export const temporaryName = (file: string): string =>
  join(dirname(file), `.${basename(file)}.${processMark}-${randomBytes(4).toString('hex')}.tmp`);

const swept = new Set<string>();

/** The same, once leftovers in the folder are removed: a process looks for them before its first file there. */
export async function temporaryBeside(file: string): Promise<string> {
  const folder = dirname(file);
  if (!swept.has(folder)) await removeLeftovers(folder);
  swept.add(folder);
  return temporaryName(file);
}

/** Removes what is unfinished of processes that have ended. What cannot be removed stays. */
async function removeLeftovers(folder: string): Promise<void> {
  const names = await readdir(folder).catch((): string[] => []);
  for (const name of names) {
    const mark = pattern.exec(name)?.groups?.mark;
    if (mark === undefined) continue;
    const path = join(folder, name);
    const fate = fateOfMark(mark);
    const isOld = async (): Promise<boolean> => {
      const found = await stat(path).catch(() => null);
      return found !== null && found.mtimeMs < Date.now() - LEFTOVER_MS;
    };
    if (fate === 'ended' || (fate === 'unknown' && (await isOld())))
      await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}
