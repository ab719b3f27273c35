import test from 'ava';
import * as fc from 'fast-check';
import { UserError } from '../../../base/user-error.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../models/interchange/safetensors.ts';
import type { NamedTensor } from '../../../models/interchange/tensors.ts';

const tensors: NamedTensor[] = [
  { name: 'a/kernel', shape: [2, 1], values: Float32Array.of(1, -0) },
  { name: 'b/bias', shape: [1], values: Float32Array.of(1e-45) },
];
const metadata = { model: 'tiny "x"' };

/** A file made by hand: any header, any bytes of values. */
function fileOf(header: string | object, values = new Uint8Array(12)): Buffer {
  const isText = typeof header === 'string' || Buffer.isBuffer(header);
  const text = Buffer.from(isText ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  return Buffer.concat([length, text, values]);
}

const entry = (shape: number[], begin: number, end: number, dtype = 'F32'): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

test('a file is the length of its header, the header padded to eight bytes, and little-endian floats', (t) => {
  const bytes = encodeSafetensors({ tensors, metadata });
  const length = Number(bytes.readBigUInt64LE());
  t.is(length % 8, 0);
  t.is(
    bytes.toString('utf8', 8, 8 + length).trimEnd(),
    String.raw`{"__metadata__":{"model":"tiny \"x\""},` +
      '"a/kernel":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},' +
      '"b/bias":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}',
  );
  t.is(bytes.toString('hex', 8 + length), '0000803f0000008001000000');
});

test('tensors and metadata are read back bit by bit', (t) => {
  const name = fc
    .oneof(fc.constantFrom('7', '__proto__'), fc.string({ unit: 'grapheme', minLength: 1 }))
    .filter((text) => text !== '__metadata__');
  const tensor = fc
    .tuple(name, fc.array(fc.nat({ max: 4 }), { maxLength: 3 }), fc.infiniteStream(fc.float({ noNaN: true })))
    .map(([id, shape, stream]): NamedTensor => {
      const length = shape.reduce((product, size) => product * size, 1);
      return { name: id, shape, values: Float32Array.from(stream.take(length)) };
    });
  const list = fc.uniqueArray(tensor, { maxLength: 5, selector: (one) => one.name });
  fc.assert(
    fc.property(list, fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }), (written, about) => {
      const read = decodeSafetensors(encodeSafetensors({ tensors: written, metadata: about }), 'x');
      // A JSON object puts names that are numbers first.
      const byName = (all: readonly NamedTensor[]): unknown =>
        all
          .map(({ name: id, shape, values }) => ({ id, shape, bits: new Uint32Array(values.buffer) }))
          .toSorted((a, b) => (a.id < b.id ? -1 : 1));
      t.deepEqual(byName(read.tensors), byName(written));
      t.deepEqual(Object.entries(read.metadata), Object.entries(about));
    }),
  );
});

test('tensors may come in any order and the header may hold spaces', (t) => {
  const header = { b: entry([1], 8, 12), empty: entry([0, 3], 8, 8), a: entry([2], 0, 8) };
  const values = Buffer.from('0000803f0000004000004040', 'hex'); // 1, 2, 3
  const read = decodeSafetensors(fileOf(JSON.stringify(header, null, 1), values), 'x');
  t.deepEqual(
    read.tensors.map((tensor) => [tensor.name, [...tensor.values]]),
    [
      ['b', [3]],
      ['empty', []],
      ['a', [1, 2]],
    ],
  );
  t.deepEqual(read.metadata, {});
});

const deep = `{"a":${'['.repeat(400_000)}${']'.repeat(400_000)}}`;
const broken: readonly [what: string, bytes: Buffer, message: RegExp][] = [
  ['no bytes', Buffer.alloc(0), /^x: expected at least 8 bytes, got 0\./],
  ['a huge header', Buffer.from('ffffffffffffffff7b7d', 'hex'), /header of at most 1000000 bytes, got one of 1844674/],
  ['a cut header', encodeSafetensors({ tensors, metadata }).subarray(0, 40), /expected a header of \d+ bytes, got 32/],
  ['a list for a header', fileOf('[]'), /expected a header that is a JSON object/],
  ['spaces before the header', fileOf(' {}'), /expected a header that is a JSON object/],
  [
    'a header that is no UTF-8',
    fileOf(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x7b, 0x7d, 0x7d])),
    /expected a header that is a JSON/,
  ],
  ['a deep header', fileOf(deep), /expected a header that is a JSON object/],
  ['metadata other than texts', fileOf({ __metadata__: { a: 1 } }), /`__metadata__` to be an object of texts/],
  ['an entry without shape', fileOf({ a: { dtype: 'F32' } }), /of "a", got \{"dtype":"F32"\}/],
  ['an entry with more', fileOf({ a: { ...entry([3], 0, 12), more: 1 } }), /of "a", got/],
  ['a negative offset', fileOf({ a: entry([3], -12, 0) }), /of "a", got/],
  ['a broken length', fileOf({ a: entry([1.5], 0, 6) }), /of "a", got/],
  ['halves', fileOf({ a: entry([3], 0, 6, 'F16') }), /expected "a" to have dtype F32, got "F16"/],
  ['a wrong shape', fileOf({ a: entry([4], 0, 12) }), /expected 16 bytes for "a" of shape \[4\].*\[0, 12\]/],
  ['a shape beyond all numbers', fileOf({ a: entry(Array(40).fill(1e15), 0, 12) }), /expected Infinity bytes for "a"/],
  ['an offset behind the end', fileOf({ a: entry([4], 0, 16) }), /"a" to lie within the 12 bytes/],
  ['an overlap', fileOf({ a: entry([2], 0, 8), b: entry([2], 4, 12) }), /"b" to begin at byte 8.*overlaps/],
  ['a gap', fileOf({ a: entry([1], 0, 4), b: entry([1], 8, 12) }), /"b" to begin at byte 4.*leaves a gap/],
  ['bytes left over', fileOf({ a: entry([2], 0, 8) }), /expected 8 bytes of values, got 12/],
  ['a name that comes twice', fileOf(`{"a":{},"a":${JSON.stringify(entry([3], 0, 12))}}`), /every name .* once/],
];

for (const [what, bytes, message] of broken) {
  test(`a file with ${what} is refused`, (t) => {
    t.throws(() => decodeSafetensors(bytes, 'x'), { instanceOf: UserError, message });
  });
}

test('a damaged file is read or refused, and never fails in another way', (t) => {
  const whole = encodeSafetensors({ tensors, metadata });
  const damage = fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 }), fc.nat({ max: whole.length }));
  fc.assert(
    fc.property(damage, ([at, byte, length]) => {
      const bytes = Buffer.from(whole);
      bytes[at] = byte;
      for (const damaged of [bytes, whole.subarray(0, length)]) {
        try {
          decodeSafetensors(damaged, 'x');
        } catch (error) {
          if (!(error instanceof UserError)) throw error;
        }
      }
    }),
    { numRuns: 2000 },
  );
  t.pass();
});
