/**
 * Writes messages in the wire format of Protocol Buffers: the three kinds of fields that ONNX needs. A message is the
 * bytes of its fields, one after the other.
 * Source: https://protobuf.dev/programming-guides/encoding
 */

const wire = { varint: 0, bytes: 2, fixed32: 5 };

/** An `int64`, an `int32` or an enumeration; an integer. */
export function integer(field: number, value: number): Buffer {
  return Buffer.concat([varint(tag(field, wire.varint)), varint(BigInt.asUintN(64, BigInt(value)))]);
}

export function float(field: number, value: number): Buffer {
  const content = Buffer.alloc(4);
  content.writeFloatLE(value);
  return Buffer.concat([varint(tag(field, wire.fixed32)), content]);
}

/** A text, bytes, or a message. */
export function bytes(field: number, content: string | Uint8Array): Buffer {
  const value = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([varint(tag(field, wire.bytes)), varint(BigInt(value.length)), value]);
}

export const message = (field: number, ...fields: readonly Uint8Array[]): Buffer => bytes(field, Buffer.concat(fields));

const tag = (field: number, kind: number): bigint => BigInt(field * 8 + kind);

/** Seven bits in each byte, the lowest first; the eighth bit says that more follow. */
function varint(value: bigint): Buffer {
  const groups: number[] = [];
  let rest = value;
  for (; rest >= 128n; rest >>= 7n) groups.push(Number(rest & 127n) | 128);
  return Buffer.from([...groups, Number(rest)]);
}
