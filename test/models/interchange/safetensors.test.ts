/** Tensors in files: safetensors and ONNX. */
import test from 'ava';
import * as fc from 'fast-check';
import { decodeFloats, encodeFloats } from '../../../base/floats.ts';
import { UserError } from '../../../base/user-error.ts';
import type { Plan } from '../../../models/engine/plan.ts';
import { encodeOnnx } from '../../../models/interchange/onnx.ts';
import { decodeSafetensors, encodeSafetensors } from '../../../models/interchange/safetensors.ts';
import {
  type NamedTensor,
  namedTensors,
  planMetadata,
  checkMetadata,
  solutionOf,
} from '../../../models/interchange/tensors.ts';
import { planOf, residual, someBatch, smallCnn as cnn } from '../../helpers/plans.ts';
import { referencePredict } from '../../reference/network.ts';
import { everyKind, mildSolution, options, someSolution } from './models.ts';

const onnxruntime = 'onnxruntime-web';
const runtime: Runtime | null = await import(onnxruntime).catch(() => null);
if (runtime) runtime.env.wasm.numThreads = 1;

const stored: NamedTensor[] = [
  { name: 'a/kernel', shape: [2, 1], values: Float32Array.of(1, -0) },
  { name: 'b/bias', shape: [1], values: Float32Array.of(1e-45) },
];
const tiny = { model: 'tiny "x"' };

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
  const bytes = encodeSafetensors({ tensors: stored, metadata: tiny });
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
  [
    'a cut header',
    encodeSafetensors({ tensors: stored, metadata: tiny }).subarray(0, 40),
    /expected a header of \d+ bytes, got 32/,
  ],
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
  const whole = encodeSafetensors({ tensors: stored, metadata: tiny });
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

interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** What is used of onnxruntime-web, which is not there where development dependencies are left out. */
interface Runtime {
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => Tensor;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{
      readonly inputNames: readonly string[];
      run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
    }>;
  };
  readonly env: { readonly wasm: { numThreads: number } };
}

/** Rounding of float32 in other orders of sums, of probabilities. */
const tolerance = 1e-4;
const images = 3;

const encoded = (plan: Plan): Buffer => {
  const solution = mildSolution(plan);
  return encodeOnnx(plan, { tensors: namedTensors(plan, solution), metadata: { ...planMetadata(plan), labels: '[]' } });
};

for (const [model, load] of Object.entries(everyKind)) {
  (runtime === null ? test.skip : test)(
    `onnxruntime gives the probabilities of ${model}${runtime === null ? ' (no onnxruntime-web here)' : ''}`,
    async (t) => {
      const plan = await load();
      const { height, width, channels } = plan.input;
      const { pixels } = someBatch(plan, images);
      const session = await runtime!.InferenceSession.create(encoded(plan), { executionProviders: ['wasm'] });
      const input = new runtime!.Tensor(
        'float32',
        Float32Array.from(pixels, (byte) => byte / 255),
        [images, height, width, channels],
      );
      const { probabilities } = await session.run({ pixels: input });
      t.deepEqual(probabilities.dims, [images, plan.classes]);
      const { weights, statistics } = mildSolution(plan);
      const expected = referencePredict(plan, weights, statistics, { shape: plan.input, pixels, count: images });
      const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - probabilities.data[i])), 0);
      t.true(worst < tolerance, `${worst}`);
      t.true(Math.max(...expected) < 0.999, 'no class wins by far');
    },
  );
}

test('the same model gives the same bytes, and a layer of an unknown kind is refused', async (t) => {
  const plan = await planOf(residual);
  t.deepEqual(encoded(plan), encoded(plan));
  const nodes = plan.nodes.map((node, i) => (i === 1 ? { ...node, kind: 'fold' as never, layer: 'first' } : node));
  t.throws(() => encoded({ ...plan, nodes }), {
    message: 'ONNX has no operator here for the layer first (fold): export the model as tfjs or safetensors.',
  });
});

test('the tensors of a solution are its weights and then its statistics, under the names of tf.js', async (t) => {
  const plan = await planOf(cnn);
  const solution = someSolution(plan);
  const tensors = namedTensors(plan, solution);
  t.deepEqual(
    tensors.slice(-5).map(({ name, shape }) => [name, shape]),
    [
      ['dense/bias', [7]],
      ['bn1/moving_mean', [5]],
      ['bn1/moving_variance', [5]],
      ['bn2/moving_mean', [6]],
      ['bn2/moving_variance', [6]],
    ],
  );
  const bytes = Buffer.concat([Buffer.from(solution.weights.buffer), Buffer.from(solution.statistics.buffer)]);
  t.deepEqual(encodeFloats(tensors.map(({ values }) => values)), bytes);
});

test('floats are bytes of which the least significant comes first, and are read at any place', (t) => {
  const values = Float32Array.of(1.5, -0, NaN, 2 ** -149);
  const bytes = encodeFloats([values.subarray(0, 1), values.subarray(1)]);
  t.deepEqual([...bytes.subarray(0, 4)], [0, 0, 0xc0, 0x3f]);
  t.deepEqual(decodeFloats(Buffer.concat([Buffer.alloc(3), bytes, Buffer.alloc(1)]), 3, 4), values);
});

test('a batch norm without weights has statistics all the same', async (t) => {
  const plan = await planOf(options);
  const names = namedTensors(plan, someSolution(plan)).map(({ name }) => name);
  t.deepEqual(
    names.filter((name) => name.startsWith('bare/')),
    ['bare/moving_mean', 'bare/moving_variance'],
  );
});

test('tensors in any order make up the solution again', async (t) => {
  const plan = await planOf(options);
  const solution = someSolution(plan);
  t.deepEqual(solutionOf(plan, namedTensors(plan, solution).toReversed(), 'x'), solution);
});

const wrong: readonly [what: string, change: (tensors: NamedTensor[]) => NamedTensor[], message: RegExp][] = [
  ['missing', (all) => all.slice(1), /^x: expected the tensor "conv1\/kernel" of the model test .* once, found none\./],
  ['there twice', (all) => [all[0], ...all], /expected the tensor "conv1\/kernel" .* once, found 2\./],
  ['unknown', (all) => [...all, { ...all[0], name: 'more' }], /expected the tensors of .* alone, got "more" too/],
  [
    'of another shape',
    ([first, ...rest]) => [{ ...first, shape: [3, 3, 5, 3] }, ...rest],
    /expected "conv1\/kernel" .* shape \[3×3×3×5\], got \[3×3×5×3\]/,
  ],
  [
    'not finite',
    ([first, ...rest]) => [{ ...first, values: first.values.with(2, NaN) }, ...rest],
    /expected "conv1\/kernel" to hold finite numbers, got NaN as element 2/,
  ],
  [
    'of negative variance',
    (all) => all.map((one) => (one.name === 'bn2/moving_variance' ? { ...one, values: one.values.with(1, -1) } : one)),
    /expected "bn2\/moving_variance" to hold finite numbers of at least 0, got -1 as element 1/,
  ],
];

for (const [what, change, message] of wrong) {
  test(`a tensor that is ${what} is named`, async (t) => {
    const plan = await planOf(cnn);
    const tensors = change(namedTensors(plan, someSolution(plan)));
    t.throws(() => solutionOf(plan, tensors, 'x'), { instanceOf: UserError, message });
  });
}

test('a file of ours must be of the same model, images and classes; others need not say', async (t) => {
  const plan = await planOf(cnn);
  const metadata = planMetadata(plan);
  t.like(metadata, { model: 'test', input: '[8,12,3]', classes: '7' });
  checkMetadata(plan, metadata, 'x');
  checkMetadata(plan, { model: 'other' }, 'x');
  t.throws(() => checkMetadata(plan, { ...metadata, model: 'other' }, 'x'), {
    instanceOf: UserError,
    message: /^x: expected a file of test with model test, got "other"\./,
  });
  t.throws(() => checkMetadata(plan, { ...metadata, input: '[8,8,3]' }, 'x'), { message: /with input \[8,12,3\]/ });
});
