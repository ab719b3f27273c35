/**
 * Reads arrays as NumPy saves them, and writes such. Source: NumPy documentation, `numpy.lib.format`, versions 1.0 to 3.0.
 */

import { endianness } from 'node:os';
import { printable } from '../base/printable.ts';
import { UserError } from '../base/user-error.ts';
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

/**
 * @param name what messages call the array
 * @throws UserError if it is damaged, or holds anything but numbers in at most 8 bytes
 */
export function readNpy(name: string, file: Buffer): NumberArray {
  const fail = (what: string): never => {
    throw new UserError(`${name}: ${what}. Save it with numpy.save or numpy.savez.`);
  };
  if (file.length < 10 || !file.subarray(0, MAGIC.length).equals(MAGIC))
    fail(`expected an array of NumPy, got ${wrongDownload(file.toString('latin1', 0, 256))?.what ?? 'something else'}`);
  const isLong = file[6] > 1;
  const start = isLong ? 12 : 10;
  if (file.length < start) fail('expected a header, got the end of the file');
  const end = start + (isLong ? file.readUInt32LE(8) : file.readUInt16LE(8));
  const header = file.toString('latin1', start, Math.min(end, start + 10_000));
  const type = /'descr': *'([<>|=])([a-z]\d+)'/.exec(header);
  const shapeText = /'shape': *\(([\d, ]*)\)/.exec(header);
  const order = /'fortran_order': *(True|False)/.exec(header);
  if (!type || !shapeText || !order) return fail(`expected numbers, got the header ${printable(header.trim(), 100)}`);
  const read = readers[type[2]];
  if (!Object.hasOwn(readers, type[2]))
    fail(`expected numbers of the types ${Object.keys(readers).join(', ')}, got ${type[2]}`);
  const shape = shapeText[1].split(',').flatMap((length) => (length.trim() === '' ? [] : [Number(length)]));
  const count = shape.reduce((product, length) => product * length, 1);
  const bytes = Number(type[2].slice(1));
  if (file.length !== end + count * bytes) {
    fail(`expected ${end + count * bytes} bytes for the shape (${shape.join(', ')}), got ${file.length}`);
  }
  const data = file.subarray(end);
  if (type[2] === 'u1' && order[1] === 'False') return { shape, values: data, type: type[2] };
  const isBig = type[1] === '>';
  const values = new Float64Array(count);
  for (let i = 0; i < count; i += 1) values[i] = read(data, i * bytes, isBig);
  return { shape, values: order[1] === 'True' ? inOrderOfC(values, shape) : values, type: type[2] };
}

/** From the order of Fortran, the first index changing fastest. */
function inOrderOfC(values: Float64Array, shape: readonly number[]): Float64Array {
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
