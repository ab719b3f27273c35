/**
 * Reads arrays as NumPy saves them, and writes such. Source: NumPy documentation, `numpy.lib.format`, versions 1.0 to 3.0.
 */

import { endianness } from 'node:os';
import { printable } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
import { wholeItems } from './whole-items.ts';
import { wrongDownload } from './wrong-download.ts';

export interface NumberArray {
  readonly shape: readonly number[];
  /** In the order of C, the last index changing fastest. */
  readonly values: ArrayLike<number>;
  /** As the file says it, without the order of bytes: `u1`, `f4`. */
  readonly type: string;
}

const MAGIC = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]);

/** How a number of that type is read, the little byte first. */
const readers: Readonly<Record<string, (bytes: Buffer, at: number, isBig: boolean) => number>> = {
  b1: (bytes, at) => bytes[at],
  u1: (bytes, at) => bytes[at],
  i1: (bytes, at) => bytes.readInt8(at),
  u2: (bytes, at, isBig) => (isBig ? bytes.readUInt16BE(at) : bytes.readUInt16LE(at)),
  i2: (bytes, at, isBig) => (isBig ? bytes.readInt16BE(at) : bytes.readInt16LE(at)),
  u4: (bytes, at, isBig) => (isBig ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)),
  i4: (bytes, at, isBig) => (isBig ? bytes.readInt32BE(at) : bytes.readInt32LE(at)),
  u8: (bytes, at, isBig) => Number(isBig ? bytes.readBigUInt64BE(at) : bytes.readBigUInt64LE(at)),
  i8: (bytes, at, isBig) => Number(isBig ? bytes.readBigInt64BE(at) : bytes.readBigInt64LE(at)),
  f4: (bytes, at, isBig) => (isBig ? bytes.readFloatBE(at) : bytes.readFloatLE(at)),
  f8: (bytes, at, isBig) => (isBig ? bytes.readDoubleBE(at) : bytes.readDoubleLE(at)),
};

/** What an array says of itself. */
export interface NpyHeader {
  readonly shape: readonly number[];
  /** As the file says it, without the order of bytes: `u1`, `f4`. */
  readonly type: string;
  /** How many numbers the array holds. */
  readonly count: number;
}

interface Layout extends NpyHeader {
  readonly isBig: boolean;
  readonly isFortran: boolean;
  /** Bytes before the numbers. */
  readonly start: number;
  /** Bytes of a number. */
  readonly bytes: number;
  /** Bytes of the whole file. */
  readonly length: number;
}

/** Gets an array piece by piece. */
export interface NpySink {
  /** @returns how many numbers belong together: `take` gets whole ones of these */
  begin(header: NpyHeader): number;
  /** @param values may change after the call @param at position of the first of them in the array */
  take(values: ArrayLike<number>, at: number): void;
}

/** A longer header is none of an array of numbers. */
const LONGEST_HEADER = 10_000;

/**
 * @param name what messages call the array
 * @throws UserError if it is damaged, or holds anything but numbers in at most 8 bytes
 */
export function readNpy(name: string, file: Buffer): NumberArray {
  const layout = layoutOf(name, file, true)!;
  const { shape, type, start, length } = layout;
  if (file.length !== length) throw wrongLength(name, layout, file.length);
  return { shape, type, values: inOrderOfC(valuesOf(layout, file.subarray(start)), layout) };
}

/**
 * Reads an array that comes in pieces, and holds none of it for longer than the piece that it is in. One in the order of
 * Fortran is held until it is whole.
 * @param name as for `readNpy`
 * @throws UserError as `readNpy`, from `push` and `end`
 */
export class NpyReader {
  readonly #name: string;
  readonly #sink: NpySink;
  #begun: Buffer | null = Buffer.alloc(0);
  #layout: Layout | null = null;
  #read = 0;
  #toSink: (bytes: Uint8Array) => void = () => {};

  constructor(name: string, sink: NpySink) {
    this.#name = name;
    this.#sink = sink;
  }

  push(chunk: Uint8Array): void {
    this.#read += chunk.length;
    let body = chunk;
    if (this.#begun !== null) {
      const begun = Buffer.concat([this.#begun, chunk]);
      this.#layout = layoutOf(this.#name, begun, false);
      this.#begun = this.#layout === null ? begun : null;
      if (this.#layout === null) return;
      body = begun.subarray(this.#layout.start);
      this.#begin(this.#layout);
    }
    const layout = this.#layout!;
    if (this.#read > layout.length) throw wrongLength(this.#name, layout, this.#read);
    this.#toSink(body);
  }

  end(): void {
    const layout = this.#layout ?? layoutOf(this.#name, this.#begun!, true)!;
    if (this.#read !== layout.length) throw wrongLength(this.#name, layout, this.#read);
  }

  #begin(layout: Layout): void {
    const together = this.#sink.begin(layout);
    const { bytes, count, isFortran } = layout;
    const whole = isFortran ? count : together;
    this.#toSink = wholeItems(whole * bytes, (items, at) => {
      this.#sink.take(
        inOrderOfC(valuesOf(layout, Buffer.from(items.buffer, items.byteOffset, items.length)), layout),
        at / bytes,
      );
    });
  }
}

/** @returns null if the header is not there yet, which ends in an error where the file `isWhole` */
function layoutOf(name: string, file: Buffer, isWhole: boolean): Layout | null {
  const fail = (what: string): never => {
    throw new UserError(`${name}: ${what}. Save it with numpy.save or numpy.savez.`);
  };
  if (!isWhole && file.length < 12) return null;
  if (file.length < 10 || !file.subarray(0, MAGIC.length).equals(MAGIC))
    fail(`expected an array of NumPy, got ${wrongDownload(file.toString('latin1', 0, 256))?.what ?? 'something else'}`);
  const isLong = file[6] > 1;
  const from = isLong ? 12 : 10;
  if (file.length < from) fail('expected a header, got the end of the file');
  const start = from + (isLong ? file.readUInt32LE(8) : file.readUInt16LE(8));
  if (!isWhole && file.length < Math.min(start, from + LONGEST_HEADER)) return null;
  const header = file.toString('latin1', from, Math.min(start, from + LONGEST_HEADER));
  const type = /'descr': *'([<>|=])([a-z]\d+)'/.exec(header);
  const shapeText = /'shape': *\(([\d, ]*)\)/.exec(header);
  const order = /'fortran_order': *(True|False)/.exec(header);
  if (!type || !shapeText || !order) return fail(`expected numbers, got the header ${printable(header.trim(), 100)}`);
  if (!Object.hasOwn(readers, type[2]))
    fail(`expected numbers of the types ${Object.keys(readers).join(', ')}, got ${type[2]}`);
  const shape = shapeText[1].split(',').flatMap((length) => (length.trim() === '' ? [] : [Number(length)]));
  const count = shape.reduce((product, length) => product * length, 1);
  const bytes = Number(type[2].slice(1));
  return {
    shape,
    type: type[2],
    count,
    isBig: type[1] === '>',
    isFortran: order[1] === 'True',
    start,
    bytes,
    length: start + count * bytes,
  };
}

function wrongLength(name: string, { length, shape }: Layout, found: number): UserError {
  return new UserError(
    `${name}: expected ${length} bytes for the shape (${shape.join(', ')}), got ${found}. ` +
      'Save it with numpy.save or numpy.savez.',
  );
}

/** The numbers of some bytes; bytes are taken as they are. */
function valuesOf({ type, bytes, isBig }: Layout, data: Buffer): Uint8Array | Float64Array {
  if (type === 'u1') return data;
  const read = readers[type];
  const values = new Float64Array(data.length / bytes);
  for (let i = 0; i < values.length; i += 1) values[i] = read(data, i * bytes, isBig);
  return values;
}

/** Values that are in the order of Fortran, the first index changing fastest, are sorted; all others stay as they are. */
function inOrderOfC<T extends Uint8Array | Float64Array>(values: T, { shape, isFortran }: Layout): T | Float64Array {
  if (!isFortran) return values;
  const result = new Float64Array(values.length);
  const index = shape.map(() => 0);
  const steps = shape.map((_, i) => shape.slice(0, i).reduce((product, length) => product * length, 1));
  for (let to = 0; to < values.length; to += 1) {
    result[to] = values[index.reduce((at, place, i) => at + place * steps[i], 0)];
    for (let i = shape.length - 1; i >= 0; i -= 1) {
      index[i] += 1;
      if (index[i] < shape[i]) break;
      index[i] = 0;
    }
  }
  return result;
}

/** Where the numbers begin, so that they can be mapped into memory. */
const ALIGNMENT = 64;

/** An array of float32 in the order of C, as `numpy.save` writes it, version 1.0. */
export function npyOf(shape: readonly number[], values: Float32Array): Buffer {
  const lengths = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': ${lengths}, }`;
  const start = Math.ceil((MAGIC.length + 4 + header.length + 1) / ALIGNMENT) * ALIGNMENT;
  const head = Buffer.alloc(MAGIC.length + 4);
  head.set([...MAGIC, 1, 0]);
  head.writeUInt16LE(start - head.length, MAGIC.length + 2);
  const data = Buffer.copyBytesFrom(values);
  if (endianness() === 'BE') data.swap32();
  return Buffer.concat([head, Buffer.from(`${header.padEnd(start - head.length - 1)}\n`, 'latin1'), data]);
}
