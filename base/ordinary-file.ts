/** Opens ordinary files alone: a FIFO would wait for ever, and a device such as /dev/zero never ends. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { displayPath } from './paths.ts';
import { UserError } from './user-error.ts';

const CHUNK_BYTES = 1 << 18;
/** Without O_NONBLOCK, opening a FIFO waits for somebody who writes. */
const READ = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

/**
 * Opens a file for reading; a link to an ordinary file is one.
 * @throws UserError if something else has its name; the error of the file system if it cannot be opened
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

/** As `openOrdinary`, for very many small files. @returns a descriptor, to be closed by the caller */
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
 * All bytes of an ordinary file.
 * @throws UserError if it is not an ordinary file, or longer than `maximumBytes`; the error of the file system if it
 *   cannot be read
 */
export async function readOrdinary(path: string, maximumBytes: number): Promise<Buffer<ArrayBuffer>> {
  await using file = await openOrdinary(path);
  const { size } = await file.stat();
  if (size > maximumBytes) throw tooLong(path, maximumBytes, String(size));
  const chunks: Buffer[] = [];
  // The size is a hint: the file may grow meanwhile, and those of /proc say 0.
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
 * `readOrdinary` for where nothing can wait: in the middle of parsing a command line.
 * @throws as `readOrdinary`
 */
export function readOrdinarySync(path: string, maximumBytes: number): Buffer<ArrayBuffer> {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const found = fstatSync(file);
    expectOrdinary(path, found);
    if (found.size > maximumBytes) throw tooLong(path, maximumBytes, String(found.size));
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** @throws UserError saying what it is, unless it is an ordinary file */
export function expectOrdinary(path: string, found: Stats): void {
  if (found.isFile()) return;
  const kind = found.isDirectory() ? 'a folder' : found.isFIFO() ? 'a FIFO' : 'a device or socket';
  throw new UserError(`${displayPath(path)}: expected a file, got ${kind}. Put the file itself there.`);
}

const tooLong = (path: string, maximumBytes: number, bytes: string): UserError =>
  new UserError(`${displayPath(path)}: expected at most ${maximumBytes} bytes, got ${bytes}. Move the file away.`);
