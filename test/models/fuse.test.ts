import test from 'ava';
import { describe } from '../../models/engine/describe.ts';
import { fuse } from '../../models/engine/fuse.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { type Build, chain, planOf, residual, sequential, sum } from '../helpers/plans.ts';

const digits = { height: 28, width: 28, channels: 1 };
const stagesOf = async (build: Build): Promise<string[]> => fuse(await planOf(build)).map(({ kind }) => kind);

/** conv → batch norm → ReLU → pool with these options, and a head. */
const block = (convolution: object, pool: object = {}, side = 8): Build =>
  sequential((of) => [
    of.conv2d({ name: 'c', inputShape: [side, side, 2], filters: 3, kernelSize: 3, padding: 'same', ...convolution }),
    of.batchNormalization({ name: 'bn' }),
    of.reLU(),
    of.maxPooling2d({ poolSize: 2, ...pool }),
    of.flatten(),
    of.dense({ name: 'dense', units: 2, activation: 'softmax' }),
  ]);

test('digit-cnn becomes two fused blocks and a dense layer', async (t) => {
  const plan = await loadPlan('digit-cnn', digits, 10);
  const { stages, bytesPerImage, fixedBytes, measureBatchSize } = describe(plan);
  t.deepEqual(
    stages.map(({ stage, nodes, sources, weights, outputBytes }) => [
      stage,
      nodes.length,
      sources,
      weights,
      outputBytes,
    ]),
    [
      ['convolutionBlock', 4, ['input'], 48, 14 * 14 * 16],
      ['convolutionBlock', 4, ['pool1'], 156, 7 * 7 * 16],
      ['flatten', 1, ['pool2'], 0, 196 * 4],
      ['dense', 1, ['flatten'], 1970, 3 * 16],
    ],
  );
  t.is(measureBatchSize, 512);
  // A worker may take 250 MB for a batch of 512; most of that is Node's own.
  t.true(fixedBytes + 512 * bytesPerImage < 32 * 2 ** 20);
});

test('the weights of all stages are the weights of the plan', async (t) => {
  for (const build of [residual, block({})]) {
    const plan = await planOf(build);
    t.is(
      describe(plan).stages.reduce((total, { weights }) => total + weights, 0),
      plan.weightCount,
    );
  }
});

test('a block with other options, or on an odd size, becomes general stages', async (t) => {
  const general = ['convolution', 'norm', 'maxPool', 'flatten', 'dense'];
  t.deepEqual(await stagesOf(block({})), ['convolutionBlock', 'flatten', 'dense']);
  for (const convolution of [{ kernelSize: 5 }, { strides: 2 }, { padding: 'valid' }]) {
    t.deepEqual(await stagesOf(block(convolution)), general);
  }
  t.deepEqual(await stagesOf(block({}, { strides: 1 })), general);
  t.deepEqual(await stagesOf(block({}, {}, 9)), general);
});

test('a node that others read too is not fused', async (t) => {
  const shared: Build = (tf) => {
    const of = tf.layers;
    const x = of.input({ shape: [4, 4, 2] });
    const conv = chain(x, of.conv2d({ name: 'c', filters: 2, kernelSize: 3, padding: 'same' }));
    const norm = chain(conv, of.batchNormalization({ name: 'bn' }));
    const relu = chain(norm, of.reLU({}));
    const total = sum(tf, 'all', sum(tf, 'two', conv, norm), relu);
    const end = chain(total, of.flatten(), of.dense({ name: 'dense', units: 2, activation: 'softmax' }));
    return tf.model({ inputs: x, outputs: end });
  };
  const stages = fuse(await planOf(shared));
  t.deepEqual(
    stages.map(({ kind }) => kind),
    ['convolution', 'norm', 'add', 'relu', 'add', 'flatten', 'dense'],
  );
  const [convolution, norm] = ['convolution', 'norm'].map((kind) => stages.find((stage) => stage.kind === kind));
  t.true(convolution?.kind === 'convolution' && convolution.bias !== null);
  t.true(norm?.kind === 'norm' && !norm.relu && norm.shift === null);
});
