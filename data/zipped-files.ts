/** The files in a .zip, which is held in memory meanwhile. */

import { crc32, inflateRawSync } from 'node:zlib';
import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl';
import { printable } from '../base/printable.ts';
import type { Packed } from './packed-files.ts';
import { holdSource, type Source, unreadableZip } from './source.ts';
import { UserError } from '../base/user-error.ts';
import { DEFLATED, entriesOf, expectReadable, rangeOf } from './zip.ts';

interface Zipped extends Pick<Entry, 'crc32' | 'compressionMethod'> {
  readonly name: string;
  readonly size: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Loads a zip into memory, as it is.
 * @param source the zip, which may lie in another archive
 * @throws UserError if it cannot be read, is too long or damaged, or a file that is wanted is encrypted
 */
export async function openZipped(
  source: Source,
  isWanted: (name: string) => boolean,
  signal?: AbortSignal,
): Promise<Packed> {
  const { bytes, digest } = await holdSource(source, { signal });
  let files: Zipped[];
  try {
    files = await list(source.name, await fromBufferPromise(bytes), isWanted);
  } catch (error) {
    throw unreadableZip(source.name, error);
  }
  return {
    digest,
    *files() {
      for (const file of files) {
        yield { name: file.name, size: file.size, read: () => unpack(source.name, file, bytes) };
      }
    },
  };
}

async function list(archive: string, zip: ZipFile, isWanted: (name: string) => boolean): Promise<Zipped[]> {
  const files: Zipped[] = [];
  for await (const entry of entriesOf(zip)) {
    const { fileName: name, uncompressedSize: size, compressionMethod, crc32: sum } = entry;
    if (!isWanted(name)) continue;
    expectReadable(`${archive}/${printable(name)}`, entry);
    files.push({ name, size, compressionMethod, crc32: sum, ...(await rangeOf(zip, entry)) });
  }
  return files;
}

function unpack(archive: string, { name, size, start, end, ...claims }: Zipped, zip: Buffer): Uint8Array {
  const wrong = (reason: string, cause?: unknown): UserError =>
    new UserError(`${archive}/${printable(name)}: damaged (${reason}). Download the zip again.`, { cause });
  let content: Uint8Array = zip.subarray(start, end);
  if (claims.compressionMethod === DEFLATED) {
    try {
      content = inflateRawSync(content, { maxOutputLength: Math.max(size, 1) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw wrong(error instanceof RangeError ? 'its size does not fit' : reason, error);
    }
  }
  if (content.length !== size) throw wrong('its size does not fit');
  if (crc32(content) !== claims.crc32) throw wrong('its checksum does not fit');
  return content;
}
