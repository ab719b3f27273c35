import test from 'ava';
import { decodeFloats, encodeFloats } from '../../../base/floats.ts';
import { UserError } from '../../../base/user-error.ts';
import {
  checkMetadata,
  namedTensors,
  type NamedTensor,
  planMetadata,
  solutionOf,
} from '../../../models/interchange/tensors.ts';
import { planOf, smallCnn as cnn } from '../../helpers/plans.ts';
import { options, someSolution } from './models.ts';

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
