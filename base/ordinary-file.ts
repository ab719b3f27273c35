/** Opens only regular files: reading a FIFO may wait for ever, and a device such as /dev/zero never ends. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { displayPath } from './paths.ts';
import { UserError } from './user-error.ts';

const CHUNK_BYTES = 1 << 18;
/** Without O_NONBLOCK, opening a FIFO waits for a writer. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a regular file, or a link to one, for reading.
 * @throws UserError if it is not a regular file; the error of the file system if it cannot be opened
 */
export async function openOrdinary(path: string): Promise<FileHandle> {
  const file = await open(path, READ);
  try {
    expectOrdinary(path, await file.stat());
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Like `openOrdinary`, faster for very many small files. @returns a descriptor, which the caller must close */
export function openOrdinarySync(path: string): number {
  const file = openSync(path, READ);
  try {
    expectOrdinary(path, fstatSync(file));
    return file;
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/**
 * Reads a regular file.
 * @throws UserError if it is not a regular file, or longer than `maximumBytes`; the error of the file system if it
 *   cannot be read
 */
export async function readOrdinary(path: string, maximumBytes: number): Promise<Buffer<ArrayBuffer>> {
  await using file = await openOrdinary(path);
  const { size } = await file.stat();
  if (size > maximumBytes) throw tooLong(path, maximumBytes, String(size));
  const chunks: Buffer[] = [];
  // The size is only a hint: the file may grow, and files of /proc report 0.
  for (let length = 0; ;) {
    const chunk = Buffer.allocUnsafe(Math.max(Math.min(size - length + 1, maximumBytes + 1 - length), CHUNK_BYTES));
    const { bytesRead } = await file.read(chunk, 0, chunk.length, null);
    if (bytesRead === 0) return Buffer.concat(chunks, length);
    length += bytesRead;
    if (length > maximumBytes) throw tooLong(path, maximumBytes, 'more');
    chunks.push(chunk.subarray(0, bytesRead));
  }
}

/**
 * The synchronous `readOrdinary`, for the parser of the command line.
 * @throws UserError, or the error of the file system, as `readOrdinary`
 */
export function readOrdinarySync(path: string, maximumBytes: number): Buffer<ArrayBuffer> {
  const file = openOrdinarySync(path);
  try {
    const { size } = fstatSync(file);
    if (size > maximumBytes) throw tooLong(path, maximumBytes, String(size));
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** @throws UserError unless it is a regular file */
export function expectOrdinary(path: string, found: Stats): void {
  if (found.isFile()) return;
  const kind = found.isDirectory() ? 'a folder' : found.isFIFO() ? 'a FIFO' : 'a device or socket';
  throw new UserError(`${displayPath(path)}: expected a file, got ${kind}. Put the file itself there.`);
}

const tooLong = (path: string, maximumBytes: number, bytes: string): UserError =>
  new UserError(`${displayPath(path)}: expected at most ${maximumBytes} bytes, got ${bytes}. Move the file away.`);
