/** Reads files out of a .tar or .tar.gz as a stream; nothing is unpacked to the disk. */

import { Parser, type ReadEntry } from 'tar';
import { printable } from '../base/printable.ts';
import { readSource, type Source } from './source.ts';
import { UserError } from '../base/user-error.ts';

const BLOCK_BYTES = 512;

/**
 * Reads the archive from the first byte to the last.
 * @param room gives a file of that name its memory, u8[bytes], or null if the file is not wanted
 * @returns SHA-256 of the archive's stored bytes
 * @throws UserError if it is damaged or cut off; and what `room` throws
 */
export async function readTar(
  source: Source,
  room: (file: string, bytes: number) => Uint8Array | null,
): Promise<string> {
  const onReadEntry = (entry: ReadEntry): void => {
    const content = entry.type === 'File' || entry.type === 'OldFile' ? room(entry.path, entry.size) : null;
    let read = 0;
    entry.on('data', (chunk) => {
      content?.set(chunk, read);
      read += chunk.length;
    });
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
    throw new UserError(`${source.name}: damaged (${printable(message)}). Download it again.`, { cause: damage });
  };
  const digest = await readSource(source, (chunk) => {
    if (isOver) return;
    parser.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
    expectWhole();
  });
  parser.end();
  expectWhole();
  return digest;
}
