/** Downloads the files of a competition as Kaggle's zip, which the readers of `data/` open as it is. */
import { open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkZip, displayPath } from '../../data/archive.ts';
import { makeFolder } from '../../data/make-folder.ts';
import { UserError } from '../../data/user-error.ts';
import { type Client, RANGE_NOT_SATISFIABLE } from './client.ts';

export interface Downloaded {
  /** Path of the zip. */
  readonly file: string;
  readonly bytes: number;
  /** Names of the files in it. */
  readonly entries: readonly string[];
}

/** Called with the bytes that are there, and with their number in the end, null where Kaggle does not tell. */
export type OnBytes = (done: number, total: number | null) => void;

/** How often a transfer that broke off is taken up again before a person has to. */
const MOST_RESUMPTIONS = 5;

/**
 * Downloads `<competition>.zip`. Until it is whole and every file in it has been checked, it is called `….zip.part`; a
 * later call goes on with that file. If what comes of it is damaged, since Kaggle's file has changed, it begins anew.
 * @param directory made if need be
 * @throws UserError if the zip is there already, cannot be written, is refused, or breaks off too often
 */
export async function downloadCompetition(
  client: Client,
  competition: string,
  directory: string,
  { force = false, onBytes = () => {} }: { force?: boolean; onBytes?: OnBytes } = {},
): Promise<Downloaded> {
  const file = join(directory, `${competition}.zip`);
  const part = `${file}.part`;
  const name = displayPath(file);
  try {
    if (!force && (await sizeOf(file)) > 0) {
      throw new UserError(`${name}: expected no such file, found one. Use --force to download it again.`);
    }
    await makeFolder(directory);
    const isResumed = (await sizeOf(part)) > 0;
    await transfer(client, competition, part, onBytes);
    const entries = await checked(part).catch(async (error: unknown) => {
      if (!isResumed || !(error instanceof UserError)) throw error;
      await transfer(client, competition, part, onBytes);
      return checked(part);
    });
    await rename(part, file);
    return { file, bytes: await sizeOf(file), entries };
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new UserError(`${name}: cannot be written (${error.message}). Make room, and start again to go on.`, {
      cause: error,
    });
  }
}

/** Brings `part` to its full length, from wherever it stands. */
async function transfer(client: Client, competition: string, part: string, onBytes: OnBytes): Promise<void> {
  for (let resumption = 0; ; resumption += 1) {
    const { isWhole, total } = await receive(client, competition, part, await sizeOf(part), onBytes);
    if (isWhole) return;
    if (resumption < MOST_RESUMPTIONS) continue;
    const length = total === null ? '' : ` of ${total}`;
    throw new UserError(
      `${displayPath(part)}: broke off after ${await sizeOf(part)}${length} bytes. Start again to go on.`,
    );
  }
}

/**
 * Asks for what is missing after `from`, and appends what comes.
 * Source: RFC 9110, sections 14.2 (Range), 14.4 (Content-Range) and 15.5.17 (416).
 */
async function receive(
  client: Client,
  competition: string,
  part: string,
  from: number,
  onBytes: OnBytes,
): Promise<{ isWhole: boolean; total: number | null }> {
  // Packed on the way, its length and ranges would be those of other bytes.
  const headers = { 'accept-encoding': 'identity', ...(from > 0 && { range: `bytes=${from}-` }) };
  const response = await client.get(`/competitions/data/download-all/${competition}`, competition, headers);
  if (response.headers.get('content-type')?.startsWith('text/html')) {
    await response.body?.cancel();
    throw new UserError(
      `${client.host}: expected a file, got a web page. Accept the rules of ${competition} there, and start again.`,
    );
  }
  const answered = rangeOf(response, from);
  if (answered === null || !response.body) {
    await response.body?.cancel();
    if (from === 0) throw new UserError(`${client.host}: expected a file, got none. Start again later.`);
    return receive(client, competition, part, 0, onBytes);
  }
  const { start, total } = answered;
  if (response.status === RANGE_NOT_SATISFIABLE) {
    await response.body.cancel();
    return { isWhole: true, total };
  }
  let done = start;
  await using target = await open(part, start === 0 ? 'w' : 'a');
  onBytes(done, total);
  try {
    for await (const chunk of response.body) {
      await target.appendFile(chunk);
      done += chunk.length;
      onBytes(done, total);
    }
  } catch (error) {
    // The connection was lost; a disk that is full, and Ctrl-C, are told otherwise.
    if (!(error instanceof TypeError)) throw error;
    return { isWhole: false, total };
  } finally {
    await target.sync();
  }
  return { isWhole: total === null || done >= total, total };
}

/** Where the answer begins, and how long the whole file is; null if the answer is to another question. */
function rangeOf({ status, headers }: Response, from: number): { start: number; total: number | null } | null {
  if (status === 206) {
    const [, start, total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
    return Number(start) === from ? { start: from, total: Number(total) } : null;
  }
  if (status === RANGE_NOT_SATISFIABLE) {
    const total = Number(/^bytes \*\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1]);
    return total === from ? { start: from, total } : null;
  }
  const length = headers.get('content-length');
  return { start: 0, total: length === null ? null : Number(length) };
}

/** Names of the files in the zip. A damaged one is removed, so that the next download does not go on with it. */
async function checked(part: string): Promise<string[]> {
  try {
    return await checkZip(part);
  } catch (error) {
    await rm(part);
    throw error;
  }
}

/** 0 if there is no such file. */
const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );
