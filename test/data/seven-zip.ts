/** Writes .7z files for tests, also wrong ones, without compression. Source: 7zFormat.txt of the 7-Zip SDK. */

import { crc32 } from 'node:zlib';

export interface SevenZipEntry {
  readonly name: string;
  readonly content: Buffer;
  /** Default: the true CRC-32. */
  readonly checksum?: number;
}

// Kinds of properties.
const [END, HEADER, STREAMS, FILES, PACKED, UNPACKED, SUBSTREAMS] = [0, 1, 4, 5, 6, 7, 8];
const [SIZE, CHECKSUM, FOLDER, FOLDER_SIZE, COUNT, NAMES] = [9, 10, 11, 12, 13, 17];
const ONE_COPY_CODER = [1, 1, 0];
const ALL_DEFINED = 1;
const HERE = 0;

export function sevenZipOf(...entries: SevenZipEntry[]): Buffer {
  const body = Buffer.concat(entries.map(({ content }) => content));
  const sizes = entries.map(({ content }) => number(content.length));
  const checksums = entries.map(({ content, checksum = crc32(content) }) => littleEndian(checksum, 4));
  const names = Buffer.concat(entries.map(({ name }) => Buffer.from(`${name}\0`, 'utf16le')));
  const header = Buffer.concat([
    Buffer.of(HEADER, STREAMS),
    Buffer.of(PACKED, 0, 1, SIZE),
    number(body.length),
    Buffer.of(END, UNPACKED, FOLDER, 1, HERE, ...ONE_COPY_CODER, FOLDER_SIZE),
    number(body.length),
    Buffer.of(END, SUBSTREAMS, COUNT),
    number(entries.length),
    // The size of the last one follows from the others.
    ...(entries.length > 1 ? [Buffer.of(SIZE), ...sizes.slice(0, -1)] : []),
    Buffer.of(CHECKSUM, ALL_DEFINED),
    ...checksums,
    Buffer.of(END, END, FILES),
    number(entries.length),
    Buffer.of(NAMES),
    number(names.length + 1),
    Buffer.of(HERE),
    names,
    Buffer.of(END, END),
  ]);
  const start = Buffer.concat([
    littleEndian(body.length, 8),
    littleEndian(header.length, 8),
    littleEndian(crc32(header), 4),
  ]);
  const signature = Buffer.from([0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c, 0, 4]);
  return Buffer.concat([signature, littleEndian(crc32(start), 4), start, body, header]);
}

/** A number of the format, in the longest of its forms: all ones, then eight bytes. */
const number = (value: number): Buffer => Buffer.concat([Buffer.of(0xff), littleEndian(value, 8)]);

function littleEndian(value: number, bytes: 4 | 8): Buffer {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(BigInt(value));
  return buffer.subarray(0, bytes);
}
