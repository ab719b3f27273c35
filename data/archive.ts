/** Finds a competition's file plain, as .gz or inside a .zip, and reads it as a stream, so that no file is held whole. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Duplex, Writable } from 'node:stream';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { crc32, createGunzip, createInflateRaw } from 'node:zlib';
import { openPromise as openZip } from 'yauzl';
import type { Entry } from 'yauzl';
import { displayPath } from '../base/paths.ts';
import { codeOf, isMissing } from '../base/system-error.ts';
import { UserError } from '../base/user-error.ts';

/** A file that was found, and how its stored bytes become the file's own. */
export interface Source {
  /** What messages call it: `data/raw/x/train.csv`, `…/train.csv.gz`, `…/x.zip/train.csv`. */
  readonly name: string;
  /** Path of the file on disk: the file itself, or the zip. */
  readonly path: string;
  /** Its entry in the zip; null for a file on its own. */
  readonly entry: Entry | null;
  readonly gzip: boolean;
}

const CHUNK_BYTES = 1 << 18;
/** Room for 300,000 rows of 785 numbers; a longer file is not worth the minutes that it takes to say so. */
const MAXIMUM_BYTES = 2 ** 30;
const STORED = 0;
const DEFLATED = 8;

/**
 * Looks for a file as NAME, as NAME.gz, and as an entry NAME or NAME.gz of each .zip in the folder, in this order.
 * @returns null if it is nowhere
 * @throws UserError if something other than a readable file has its name, or a zip that might hold it is damaged
 */
export async function findSource(directory: string, name: string): Promise<Source | null> {
  const names = [name, `${name}.gz`];
  const unpacked = await findUnzipped(directory, names);
  if (unpacked) return unpacked;
  let damaged: unknown = null;
  for (const zip of await zipsIn(directory)) {
    try {
      const source = await findEntry(join(directory, zip), names);
      if (source) return source;
    } catch (error) {
      damaged ??= error;
    }
  }
  if (damaged !== null) throw damaged;
  return null;
}

/** The first file of these names that lies in the folder itself. @throws UserError as `findSource` */
export async function findUnzipped(directory: string, names: readonly string[]): Promise<Source | null> {
  for (const candidate of names) {
    const path = join(directory, candidate);
    const size = await sizeOf(path);
    if (size === null) continue;
    return checkSize({ name: displayPath(path), path, entry: null, gzip: candidate.endsWith('.gz') }, size);
  }
  return null;
}

/**
 * Looks for a .zip that holds a file of such a name: first the one called `preferred`, for the names in a large one take
 * long to read, then all of them.
 * @returns the zip as a file of its own, and the first such file in it; null if there is none
 * @throws UserError as `findSource`
 */
export async function findZipWith(
  directory: string,
  preferred: string,
  matches: (name: string) => boolean,
): Promise<{ zip: Source; file: Source } | null> {
  const zips = (await zipsIn(directory)).toSorted((a, b) => Number(b === preferred) - Number(a === preferred));
  let damaged: unknown = null;
  for (const path of zips.map((zip) => join(directory, zip))) {
    const name = displayPath(path);
    try {
      for await (const entry of (await openZip(path)).eachEntry()) {
        if (!matches(entry.fileName)) continue;
        const zip = { name, path, entry: null, gzip: false };
        const file = { name: `${name}/${entry.fileName}`, path, entry, gzip: false };
        return { zip: checkSize(zip, (await sizeOf(path)) ?? 0), file: checkSize(file, entry.compressedSize) };
      }
    } catch (error) {
      damaged ??= unreadableZip(name, error);
    }
  }
  if (damaged !== null) throw damaged;
  return null;
}

/** How the stored bytes of a file are unpacked, as a part of the key of what was read from them. */
export const packingOf = ({ entry, gzip }: Source): string => [entry?.compressionMethod ?? 'file', gzip].join();

/** Names of the .zip files of a folder in alphabetical order; none if there is no such folder. */
export async function zipsIn(directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).filter((file) => file.toLowerCase().endsWith('.zip')).toSorted();
  } catch (error) {
    if (isMissing(error)) return [];
    throw unreadable(displayPath(directory), error);
  }
}

/**
 * SHA-256 of the bytes as they are stored, packed or not.
 * @throws UserError if they cannot be read
 */
export async function hashSource(source: Source): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of await openStored(source)) hash.update(chunk);
  } catch (error) {
    throw unreadable(source.name, error);
  }
  return hash.digest('hex');
}

/**
 * Unpacks the file and hands its bytes to `consume`, piece by piece and in order.
 * @returns SHA-256 of the stored bytes as they were during this reading, equal to `hashSource` if nobody wrote meanwhile
 * @throws UserError if the file cannot be read, is cut off, damaged or encrypted; and what `consume` throws
 */
export async function readSource(source: Source, consume: (chunk: Uint8Array) => void): Promise<string> {
  const hash = createHash('sha256');
  const hashed = passing((chunk) => void hash.update(chunk));
  const consumed = new Writable({
    write(chunk, _encoding, done) {
      try {
        consume(chunk);
        done();
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
  try {
    const entryStages = source.entry ? unpackEntry(source.name, source.entry) : [];
    const gzipStages = source.gzip ? [createGunzip({ chunkSize: CHUNK_BYTES })] : [];
    await pipeline([await openStored(source), hashed, ...entryStages, ...gzipStages, consumed]);
  } catch (error) {
    throw unreadable(source.name, error);
  }
  return hash.digest('hex');
}

/**
 * Reads all that a zip holds, so that one that was cut off or damaged on its way is noticed.
 * @returns the names of its files
 * @throws UserError naming the file that is damaged or encrypted
 */
export async function checkZip(path: string): Promise<string[]> {
  const names: string[] = [];
  try {
    for await (const entry of (await openZip(path)).eachEntry()) {
      const { fileName } = entry;
      if (fileName.endsWith('/')) continue;
      await readSource({ name: `${displayPath(path)}/${fileName}`, path, entry, gzip: false }, () => {});
      names.push(fileName);
    }
  } catch (error) {
    throw unreadableZip(displayPath(path), error);
  }
  return names;
}

/** Size of a file in bytes; null if there is nothing of that name. */
async function sizeOf(path: string): Promise<number | null> {
  const name = displayPath(path);
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (error) {
    if (isMissing(error)) return null;
    throw unreadable(name, error);
  }
  throw new UserError(`${name}: expected a file, got a folder or device. Put the file itself there.`);
}

async function findEntry(path: string, names: readonly string[]): Promise<Source | null> {
  try {
    const found = new Map<string, Entry>();
    for await (const entry of (await openZip(path)).eachEntry()) {
      if (names.includes(entry.fileName)) found.set(entry.fileName, entry);
    }
    const entry = names.map((name) => found.get(name)).find((match) => match !== undefined);
    if (!entry) return null;
    const { fileName } = entry;
    const source = { name: `${displayPath(path)}/${fileName}`, path, entry, gzip: fileName.endsWith('.gz') };
    return checkSize(source, entry.compressedSize);
  } catch (error) {
    throw unreadableZip(displayPath(path), error);
  }
}

function checkSize(source: Source, bytes: number): Source {
  if (bytes <= MAXIMUM_BYTES) return source;
  throw new UserError(`${source.name}: expected at most ${MAXIMUM_BYTES} bytes, got ${bytes}. Shorten the file.`);
}

async function openStored({ name, path, entry }: Source): Promise<Readable> {
  if (!entry) return createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    const zip = await openZip(path);
    // After `close` the file itself stays open until the stream has ended.
    return await zip.openReadStreamPromise(entry, { decodeFileData: false }).finally(() => zip.close());
  } catch (error) {
    throw unreadableZip(name, error);
  }
}

/** Inflates an entry where need be, and ends with an error if the result is not what the zip promises. */
function unpackEntry(name: string, entry: Entry): Duplex[] {
  if (entry.isEncrypted()) throw new UserError(`${name}: expected an entry without password. Unpack the zip by hand.`);
  const { compressionMethod } = entry;
  if (compressionMethod !== STORED && compressionMethod !== DEFLATED) {
    throw new UserError(
      `${name}: expected a stored or deflated entry, got compression method ${compressionMethod}. Unpack the zip by hand.`,
    );
  }
  let sum = 0;
  const checked = passing(
    (chunk) => {
      sum = crc32(chunk, sum);
    },
    () => {
      if (sum !== entry.crc32)
        throw new UserError(`${name}: damaged (its checksum does not fit). Download the zip again.`);
    },
  );
  return compressionMethod === DEFLATED ? [createInflateRaw({ chunkSize: CHUNK_BYTES }), checked] : [checked];
}

/** A stage that looks at the bytes and hands them on. */
function passing(look: (chunk: Uint8Array) => void, end: () => void = () => {}): Duplex {
  return Duplex.from(async function* (chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      look(chunk);
      yield chunk;
    }
    end();
  });
}

/** The sentence for a user if the file is to blame; any other error as it is. */
function unreadable(name: string, error: unknown): unknown {
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
function unreadableZip(name: string, error: unknown): unknown {
  const told = unreadable(name, error);
  if (told instanceof UserError || !(error instanceof Error)) return told;
  // It may quote a name in the zip, and a name anything that a terminal would act on.
  const reason = error.message.replaceAll(/\p{C}+/gu, '?');
  return new UserError(`${name}: damaged (${reason}). Download it again.`, { cause: error });
}
