/** Reads a competition's file as a stream, unpacking it on the way, so that no file is held whole. */

import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { openOrdinary } from '../base/ordinary-file.ts';
import { printable } from '../base/printable.ts';
import { codeOf } from '../base/system-error.ts';
import { UserError } from '../base/user-error.ts';

/** A file that was found, and how its stored bytes become the file's own. */
export interface Source {
  /** What messages call it: `data/raw/x/train.csv`, `…/train.csv.gz`, `…/x.zip/train.csv`. */
  readonly name: string;
  /** Path of the file on disk: the file itself, or the archive. */
  readonly path: string;
  /** Where it is in the archive; null for a file on its own. */
  readonly member: Member | null;
  readonly gzip: boolean;
}

/** A file in an archive: which of the archive's bytes decide it, and how those become its own. */
export interface Member {
  /** As the archive has it: `train/1.png`. */
  readonly file: string;
  /** Bytes that it claims to have, unpacked. */
  readonly bytes: number;
  /** As a part of the key of what is read. */
  readonly packing: string;
  /** The bytes of the archive that are read for it, its own alone where they can be found. */
  stored(): AsyncIterable<Uint8Array>;
  /** Stages that make the file's bytes of these, once. @param name what messages call the file */
  unpack(name: string): Duplex[];
}

/** Room for 300,000 rows of 12,288 numbers, those of 64 × 64 in colour; a longer file is not worth the time that it takes. */
export const LARGEST_FILE_BYTES = 2 ** 34;
/** The same for archives that are held in memory. */
export const LARGEST_HELD_BYTES = 2 ** 30;
export const CHUNK_BYTES = 1 << 18;

/** How the stored bytes of a file are unpacked, as a part of the key of what was read from them. */
export const packingOf = ({ member, gzip }: Source): string => [member?.packing ?? 'file', gzip].join();

/** @throws UserError if a file of so many bytes, packed or not, is too long for any competition */
export function expectSize({ name }: Pick<Source, 'name'>, bytes: number, most = LARGEST_FILE_BYTES): void {
  if (bytes <= most) return;
  const remedy = most < LARGEST_FILE_BYTES ? 'Unpack it by hand' : 'Shorten the file';
  throw new UserError(`${name}: expected at most ${most} bytes, got ${bytes}. ${remedy}.`);
}

/**
 * SHA-256 of the bytes as they are stored, packed or not.
 * @throws UserError if they cannot be read; the reason of the signal when it aborts
 */
export async function hashSource(source: Source, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of storedBytes(source)) {
      signal?.throwIfAborted();
      hash.update(chunk);
    }
  } catch (error) {
    throw unreadable(source.name, error);
  }
  return hash.digest('hex');
}

export const hashSources = (sources: readonly Source[], signal?: AbortSignal): Promise<string[]> =>
  Promise.all(sources.map((source) => hashSource(source, signal)));

export interface ReadBounds {
  /** Bytes of the file, unpacked. Default: `LARGEST_FILE_BYTES`. */
  readonly most?: number;
  /** Ends the reading. */
  readonly signal?: AbortSignal;
}

/**
 * Unpacks the file and hands its bytes to `consume`, piece by piece and in order.
 * @returns SHA-256 of the stored bytes as they were during this reading, equal to `hashSource` unless the file was
 *   changed during the reading
 * @throws UserError if the file cannot be read, is cut off, damaged or encrypted, or unpacks to more than
 *   `most` bytes; what `consume` throws; and an error when the signal aborts
 */
export async function readSource(
  source: Source,
  consume: (chunk: Uint8Array) => void,
  { most = LARGEST_FILE_BYTES, signal }: ReadBounds = {},
): Promise<string> {
  const { name, member, gzip } = source;
  const hash = createHash('sha256');
  const hashed = passing((chunk) => void hash.update(chunk));
  let bytes = 0;
  const consumed = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      try {
        bytes += chunk.length;
        if (bytes > most) throw tooLong(name, most);
        consume(chunk);
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
  try {
    const stages = member?.unpack(name) ?? [];
    const gzipStages = gzip ? [createGunzip({ chunkSize: CHUNK_BYTES })] : [];
    await pipeline([Readable.from(storedBytes(source)), hashed, ...stages, ...gzipStages, consumed], { signal });
  } catch (error) {
    throw unreadable(name, error);
  }
  return hash.digest('hex');
}

/**
 * All bytes of the file, unpacked, in memory.
 * @throws UserError as `readSource`
 */
export async function holdSource(
  source: Source,
  { most = LARGEST_HELD_BYTES, signal }: ReadBounds = {},
): Promise<{ readonly bytes: Buffer; readonly digest: string }> {
  const { path, member, gzip } = source;
  // The length of what is packed as .gz is not known before.
  if (gzip) {
    const chunks: Uint8Array[] = [];
    const digest = await readSource(source, (chunk) => chunks.push(chunk), { most, signal });
    return { bytes: Buffer.concat(chunks), digest };
  }
  const length = member?.bytes ?? (await stat(path)).size;
  expectSize(source, length, most);
  const bytes = Buffer.alloc(length);
  const digest = await loadSource(source, length, (chunk, offset) => bytes.set(chunk, offset), signal);
  return { bytes, digest };
}

/**
 * All bytes of the file, unpacked.
 * @param length that it must have
 * @throws UserError as `readSource`, and if it has another length
 */
export async function loadSource(
  source: Source,
  length: number,
  take: (chunk: Uint8Array, offset: number) => void,
  signal?: AbortSignal,
): Promise<string> {
  const changed = (): UserError =>
    new UserError(`${source.name}: damaged, or changed while it was read. Download it again.`);
  let read = 0;
  const digest = await readSource(
    source,
    (chunk) => {
      if (read + chunk.length > length) throw changed();
      take(chunk, read);
      read += chunk.length;
    },
    { signal },
  );
  if (read < length) throw changed();
  return digest;
}

/** The sentence for a user if the file is to blame; any other error as it is. */
export function unreadable(name: string, error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof UserError) return error;
  const code = codeOf(error);
  const cause = { cause: error };
  if (code === 'Z_BUF_ERROR') return new UserError(`${name}: the packed data is cut off. Download it again.`, cause);
  if (error.message === 'incorrect header check') {
    return new UserError(`${name}: expected gzip data, got something else. Download it again.`, cause);
  }
  if (code.startsWith('Z_')) return new UserError(`${name}: damaged (${error.message}). Download it again.`, cause);
  if ('syscall' in error) return new UserError(`${name}: cannot be read (${code}). Put a readable file there.`, cause);
  return error;
}

/** As `unreadable`; what else goes wrong when a zip is opened is damage. */
export function unreadableZip(name: string, error: unknown): unknown {
  const told = unreadable(name, error);
  if (told instanceof UserError || !(error instanceof Error)) return told;
  return new UserError(`${name}: damaged (${printable(error.message)}). Download it again.`, { cause: error });
}

const storedBytes = ({ path, member }: Source): AsyncIterable<Uint8Array> => member?.stored() ?? fileBytes(path);

/** The bytes of a file on the disk, or some of them. @param range of which both ends are read */
export async function* fileBytes(
  path: string,
  range: { start?: number; end?: number } = {},
): AsyncGenerator<Uint8Array> {
  await using file = await openOrdinary(path);
  yield* file.createReadStream({ ...range, autoClose: false, highWaterMark: CHUNK_BYTES });
}

/** A stage that looks at the bytes and hands them on. */
export function passing(look: (chunk: Uint8Array) => void, end: () => void = () => {}): Duplex {
  return Duplex.from(async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      look(chunk);
      yield chunk;
    }
    end();
  });
}

export const tooLong = (name: string, most: number): UserError =>
  new UserError(`${name}: expected at most ${most} bytes unpacked, got more. Put the right file there.`);
