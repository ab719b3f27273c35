/** One file of a .zip, read as a stream. */

import type { Duplex } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import type { Entry } from 'yauzl';
import { displayPath } from '../base/paths.ts';
import { printable } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { CHUNK_BYTES, fileBytes, type Member, passing, unreadableZip } from './source.ts';
import { DEFLATED, expectReadable, openZip } from './zip.ts';

/** Its files, in the order of the zip. @throws Error saying what is wrong with it; the error of the file system */
export async function* zipMembers(path: string): AsyncGenerator<Member> {
  await using zip = await openZip(path);
  for await (const entry of zip.entries()) if (!entry.fileName.endsWith('/')) yield memberOf(path, entry);
}

const memberOf = (path: string, entry: Entry): Member => ({
  file: entry.fileName,
  bytes: entry.uncompressedSize,
  packing: String(entry.compressionMethod),
  stored: () => storedBytes(path, entry),
  unpack: (name) => unpackEntry(name, entry),
});

async function* storedBytes(path: string, entry: Entry): AsyncGenerator<Uint8Array> {
  try {
    await using zip = await openZip(path);
    const { start, end } = await zip.rangeOf(entry);
    // A stream cannot be asked for nothing.
    if (end > start) yield* fileBytes(path, { start, end: end - 1 });
  } catch (error) {
    throw unreadableZip(`${displayPath(path)}/${printable(entry.fileName)}`, error);
  }
}

/** Inflates an entry where need be, and ends with an error if the result is not what the zip promises. */
function unpackEntry(name: string, entry: Entry): Duplex[] {
  expectReadable(name, entry);
  const wrong = (what: string): UserError =>
    new UserError(`${name}: damaged (its ${what} does not fit). Download the zip again.`);
  let sum = 0;
  let bytes = 0;
  const checked = passing(
    (chunk) => {
      sum = crc32(chunk, sum);
      bytes += chunk.length;
      if (bytes > entry.uncompressedSize) throw wrong('size');
    },
    () => {
      if (bytes !== entry.uncompressedSize) throw wrong('size');
      if (sum !== entry.crc32) throw wrong('checksum');
    },
  );
  return entry.compressionMethod === DEFLATED ? [createInflateRaw({ chunkSize: CHUNK_BYTES }), checked] : [checked];
}
