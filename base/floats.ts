/** 32-bit floats as bytes, the least significant first. */
import { endianness } from 'node:os';

const isBigEndian = endianness() === 'BE';

/** The values of the vectors, one after the other. */
export function encodeFloats(vectors: readonly Float32Array[]): Buffer {
  const bytes = Buffer.concat(
    vectors.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );
  return isBigEndian ? bytes.swap32() : bytes;
}

/** A copy of `length` values that begin `offset` bytes after the first. */
export function decodeFloats(bytes: Uint8Array, offset: number, length: number): Float32Array<ArrayBuffer> {
  const copy = new Float32Array(length);
  const target = Buffer.from(copy.buffer);
  target.set(bytes.subarray(offset, offset + target.length));
  if (isBigEndian) target.swap32();
  return copy;
}
