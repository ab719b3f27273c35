/**
 * Whether a PNG is whole. Its decoder, pngjs, does not ask: of data that end early it leaves the rest of the image as
 * the memory was, and it overlooks their checksum.
 *
 * Source: Portable Network Graphics (PNG) Specification, W3C Recommendation 2003, sections 5, 8.2, 10.1 and 11.2.
 */
import { crc32, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const HEADER_BYTES = 13;
const LENGTH_BYTES = 4;
const KIND_BYTES = 4;
const SUM_BYTES = 4;
/** Number of row filters: how the bytes of a row are coded before they are compressed. */
const FILTERS = 5;

export const COLOURS: Readonly<Record<number, string>> = {
  0: 'grey',
  2: 'red, green and blue',
  3: 'a palette',
  4: 'grey and alpha',
  6: 'red, green, blue and alpha',
};

/** First column and row of each pass of an interlaced image, and the steps to the next ones. */
const ADAM7 = [
  { x: 0, y: 0, dx: 8, dy: 8 },
  { x: 4, y: 0, dx: 8, dy: 8 },
  { x: 0, y: 4, dx: 4, dy: 8 },
  { x: 2, y: 0, dx: 4, dy: 4 },
  { x: 0, y: 2, dx: 2, dy: 4 },
  { x: 1, y: 0, dx: 2, dy: 2 },
  { x: 0, y: 1, dx: 1, dy: 2 },
];

export interface Header {
  readonly width: number;
  readonly height: number;
  /** Bits of a channel. */
  readonly depth: number;
  /** A key of `COLOURS`. */
  readonly colours: number;
  readonly compression: number;
  readonly filters: number;
  readonly interlace: number;
}

/** What the first chunk says; null if the file is no PNG. */
export function readHeader(file: Buffer): Header | null {
  const start = SIGNATURE.length + LENGTH_BYTES;
  if (file.length < start + KIND_BYTES + HEADER_BYTES + SUM_BYTES) return null;
  if (!file.subarray(0, SIGNATURE.length).equals(SIGNATURE) || file.toString('latin1', start, start + 4) !== 'IHDR') {
    return null;
  }
  const at = start + KIND_BYTES;
  const [depth, colours, compression, filters, interlace] = file.subarray(at + 8, at + HEADER_BYTES);
  const [width, height] = [file.readUInt32BE(at), file.readUInt32BE(at + 4)];
  return { width, height, depth, colours, compression, filters, interlace };
}

/**
 * @param header what the file says of itself, with 8 bits a channel
 * @param channels bytes a pixel
 * @returns what is wrong with the file, in a few words; null if every byte of the image is there
 */
export function faultOf(file: Buffer, header: Header, channels: number): string | null {
  const { compression, filters, interlace } = header;
  if (compression !== 0 || filters !== 0 || interlace > 1) return 'an unknown method in its header';
  const packed = packedData(file);
  if (typeof packed === 'string') return packed;
  const passes = passesOf(header).map(([rows, columns]) => ({ rows, bytes: 1 + columns * channels }));
  const length = passes.reduce((sum, { rows, bytes }) => sum + rows * bytes, 0);
  let data: Buffer;
  let used: number;
  try {
    const unpacked: unknown = inflateSync(packed, { maxOutputLength: length, info: true });
    const { buffer, engine } = unpacked as { buffer: Buffer; engine: { bytesWritten: number } };
    data = buffer;
    used = engine.bytesWritten;
  } catch (error) {
    if (error instanceof RangeError) return `more bytes than the ${length} that an image of its size has`;
    return error instanceof Error ? error.message : String(error);
  }
  if (data.length !== length) return `${data.length} bytes of the ${length} that an image of its size has`;
  if (used !== packed.length) return 'something after the image in its data';
  let at = 0;
  for (const { rows, bytes } of passes) {
    for (let row = 0; row < rows; row += 1, at += bytes) {
      if (data[at] >= FILTERS) return 'an unknown filter';
    }
  }
  return null;
}

/** @returns the data of all IDAT chunks, which must follow one another; or what is wrong with the chunks */
function packedData(file: Buffer): Buffer | string {
  const data: Buffer[] = [];
  let last = '';
  for (let at = SIGNATURE.length; at < file.length;) {
    const first = at + LENGTH_BYTES;
    if (last === 'IEND') return 'something after its end';
    if (first > file.length) return 'cut off';
    const end = first + KIND_BYTES + file.readUInt32BE(at);
    if (end + SUM_BYTES > file.length) return 'cut off';
    if (crc32(file.subarray(first, end)) !== file.readUInt32BE(end)) return 'the checksum of a part does not fit';
    const kind = file.toString('latin1', first, first + KIND_BYTES);
    const length = end - first - KIND_BYTES;
    if (kind === 'IHDR' && (last !== '' || length !== HEADER_BYTES)) return 'two headers';
    if (kind === 'IEND' && length !== 0) return 'something in its end';
    // It turns a colour into black with pngjs.
    if (kind === 'tRNS') return 'a transparent colour';
    if (kind === 'IDAT') {
      if (data.length > 0 && last !== 'IDAT') return 'its data are in pieces';
      data.push(file.subarray(first + KIND_BYTES, end));
    }
    last = kind;
    at = end + SUM_BYTES;
  }
  if (last !== 'IEND') return 'cut off';
  return Buffer.concat(data);
}

/** Rows and columns of each pass that has any. */
function passesOf({ height, width, interlace }: Header): [rows: number, columns: number][] {
  if (interlace === 0) return [[height, width]];
  const passes = ADAM7.map(({ x, y, dx, dy }): [number, number] => [
    Math.max(0, Math.ceil((height - y) / dy)),
    Math.max(0, Math.ceil((width - x) / dx)),
  ]);
  return passes.filter(([rows, columns]) => rows > 0 && columns > 0);
}
