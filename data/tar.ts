/** Reads files out of a .tar or .tar.gz as a stream; nothing is unpacked to the disk. */

import { Duplex } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { printable, quoted } from '../base/printable.ts';
import { CHUNK_BYTES, fileBytes, LARGEST_FILE_BYTES, type Member, readSource, type Source, tooLong } from './source.ts';
import { UserError } from '../base/user-error.ts';

const BLOCK_BYTES = 512;
/** As in a zip. */
const MOST_FILES = 1_000_000;

type Take = (chunk: Uint8Array) => void;

/**
 * Takes an archive piece by piece.
 * @param name what messages call it
 * @param onFile is asked at the beginning of each file who takes its bytes; null where nobody does
 */
function tarReader(name: string, onFile: (file: string, bytes: number) => Take | null) {
  const onReadEntry = (entry: ReadEntry): void => {
    const isFile = entry.type === 'File' || entry.type === 'OldFile';
    const take = isFile ? onFile(entry.path.replace(/^(\.\/)+/, ''), entry.size) : null;
    entry.on('data', (chunk) => take?.(chunk));
  };
  const parser = new Parser({ strict: true, onReadEntry });
  let damage: Error | null = null;
  parser.on('error', (error: Error) => {
    damage ??= error;
  });
  // Bytes after the end of the archive are ignored: the parser would collect them and copy all with every piece.
  let isOver = false;
  parser.on('eof', () => {
    isOver = true;
  });
  // At its first bytes alone the parser looks for a packed archive, which it would unpack without a limit.
  parser.write(Buffer.alloc(BLOCK_BYTES));
  const expectWhole = (): void => {
    if (!damage) return;
    const { message } = damage;
    throw new UserError(`${name}: damaged (${printable(message)}). Download it again.`, { cause: damage });
  };
  return {
    /** @throws UserError if it is damaged; what `onFile` throws */
    push(chunk: Uint8Array): void {
      if (isOver) return;
      parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
      expectWhole();
    },
    /** @throws UserError if it is cut off */
    end(): void {
      parser.end();
      expectWhole();
    },
  };
}

/**
 * Reads the archive from the first byte to the last.
 * @param room gives a file of that name its memory, u8[bytes], or null if the file is not wanted
 * @returns SHA-256 of the archive's stored bytes
 * @throws UserError if it is damaged or cut off; and what `room` throws
 */
export async function readTar(
  source: Source,
  room: (file: string, bytes: number) => Uint8Array | null,
  signal?: AbortSignal,
): Promise<string> {
  const reader = tarReader(source.name, (file, bytes) => {
    const content = room(file, bytes);
    let read = 0;
    return (chunk) => {
      content?.set(chunk, read);
      read += chunk.length;
    };
  });
  const digest = await readSource(source, (chunk) => reader.push(chunk), { signal });
  reader.end();
  return digest;
}

/** Its files, in their order. @throws UserError if it is damaged, or two files have one name */
export async function tarMembers(source: Source): Promise<Member[]> {
  const { name, path, gzip } = source;
  const members = new Map<string, Member>();
  const fail = (reason: string): never => {
    throw new UserError(`${name}: damaged (${reason}). Download it again, or unpack it by hand.`);
  };
  await readTar(source, (file, bytes) => {
    if (members.has(file)) fail(`two files are called ${quoted(file, 60)}`);
    if (members.size === MOST_FILES) fail(`more than ${MOST_FILES} files`);
    const unpack: Member['unpack'] = (member) => [
      ...(gzip ? [createGunzip({ chunkSize: CHUNK_BYTES })] : []),
      picking(name, member, file),
    ];
    members.set(file, { file, bytes, packing: gzip ? 'tar.gz' : 'tar', stored: () => fileBytes(path), unpack });
    return null;
  });
  return [...members.values()];
}

/** A stage that makes the bytes of one file of those of the archive, to whose end it reads. */
function picking(archive: string, name: string, wanted: string): Duplex {
  return Duplex.from(async function* (chunks: AsyncIterable<Uint8Array>) {
    let pieces: Uint8Array[] = [];
    let isFound = false;
    const reader = tarReader(archive, (file) => {
      if (file !== wanted) return null;
      isFound = true;
      return (chunk) => pieces.push(chunk);
    });
    let bytes = 0;
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > LARGEST_FILE_BYTES) throw tooLong(archive, LARGEST_FILE_BYTES);
      reader.push(chunk);
      yield* pieces;
      pieces = [];
    }
    reader.end();
    yield* pieces;
    if (!isFound)
      throw new UserError(`${name}: was there a moment ago, but no longer is. Type the same command again.`);
  });
}
