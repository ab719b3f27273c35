/** Brings a file from the network to the disk, going on where an earlier transfer broke off. */

import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { expectOrdinary } from '../base/ordinary-file.ts';
import { displayPath } from '../base/paths.ts';
import { UserError } from '../base/user-error.ts';

/**
 * Asks for the file with these headers.
 * @returns an answer that is no refusal: the file, a part of it, or that there is nothing after the part
 */
export type Ask = (headers: Record<string, string>) => Promise<Response>;

/** Called with the bytes that are there, and with their number in the end, null where the server does not tell. */
export type OnBytes = (done: number, total: number | null) => void;

/** HTTP status of a range that begins at or after the end of the file, when a transfer is resumed. */
export const RANGE_NOT_SATISFIABLE = 416;
/** Without O_NONBLOCK, opening a FIFO waits for somebody who reads. */
const WRITE = constants.O_WRONLY | constants.O_CREAT | (constants.O_NONBLOCK ?? 0);
/** What a person does where a file cannot be written. */
export const GO_ON = 'Free disk space, and start again to go on.';
/** How often a transfer that broke off is taken up again before a person has to. */
const MOST_RESUMPTIONS = 5;
/** A connection that brings nothing for so long is given up. */
export const LONGEST_SILENCE_MS = 30_000;

/**
 * Downloads what is missing in `part`. Bytes are written at their place in the file, so that two processes that
 * download the same file do not damage it.
 * @throws UserError if it breaks off too often; what `ask` and `onBytes` throw; the error of the file system
 */
export async function transfer(
  part: string,
  ask: Ask,
  { onBytes = () => {}, silenceMs = LONGEST_SILENCE_MS }: { onBytes?: OnBytes; silenceMs?: number } = {},
): Promise<void> {
  for (let resumption = 0; ; resumption += 1) {
    const { isWhole, total } = await receive(part, await sizeOf(part), ask, onBytes, silenceMs);
    if (isWhole) return;
    if (resumption < MOST_RESUMPTIONS) continue;
    const length = total === null ? '' : ` of ${total}`;
    throw new UserError(
      `${displayPath(part)}: broke off after ${await sizeOf(part)}${length} bytes. Start again to go on.`,
    );
  }
}

/** In bytes; 0 if there is no such file. */
export const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  );

/**
 * Asks for what is missing after `from`, and appends what comes.
 * Source: RFC 9110, sections 14.2 (Range), 14.4 (Content-Range) and 15.5.17 (416).
 */
async function receive(
  part: string,
  from: number,
  ask: Ask,
  onBytes: OnBytes,
  silenceMs: number,
): Promise<{ isWhole: boolean; total: number | null }> {
  // Packed on the way, its length and ranges would be those of other bytes.
  const response = await ask({ 'accept-encoding': 'identity', ...(from > 0 && { range: `bytes=${from}-` }) });
  const answered = rangeOf(response, from);
  if (answered === null || !response.body) {
    await response.body?.cancel();
    if (from === 0) throw new UserError(`${new URL(response.url).host}: expected a file, got none. Start again later.`);
    return receive(part, 0, ask, onBytes, silenceMs);
  }
  const { start, total } = answered;
  if (response.status === RANGE_NOT_SATISFIABLE) {
    await response.body.cancel();
    onBytes(start, total);
    return { isWhole: true, total };
  }
  const reader = response.body.getReader();
  let isSilent = false;
  const silence = setTimeout(() => {
    isSilent = true;
    void reader.cancel();
  }, silenceMs);
  let done = start;
  const isWhole = (): boolean => !isSilent && (total === null || done >= total);
  try {
    onBytes(done, total);
    await using target = await open(part, WRITE);
    expectOrdinary(part, await target.stat());
    try {
      for (let { value } = await reader.read(); value !== undefined; { value } = await reader.read()) {
        await writeAt(target, value, done);
        done += value.length;
        onBytes(done, total);
        silence.refresh();
      }
      // An earlier part may have been longer.
      if (isWhole()) await target.truncate(done);
    } finally {
      await target.sync();
    }
  } catch (error) {
    // The connection was lost; a disk that is full, and Ctrl-C, are told otherwise.
    if (!(error instanceof TypeError)) throw error;
    return { isWhole: false, total };
  } finally {
    clearTimeout(silence);
    await reader.cancel().catch(() => {});
  }
  return { isWhole: isWhole(), total };
}

async function writeAt(target: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < bytes.length;) {
    written += (await target.write(bytes, written, bytes.length - written, position + written)).bytesWritten;
  }
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
