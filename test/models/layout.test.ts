/** The layout of a plan: weights, dropout and fused layers. */
import test from 'ava';
import { describe } from '../../models/engine/describe.ts';
import { dropoutFactors, dropoutMask } from '../../models/engine/dropout.ts';
import { fuse } from '../../models/engine/fuse.ts';
import { initialWeights, weight } from '../../models/engine/layout.ts';
import type { Plan, NodeOf } from '../../models/engine/plan.ts';
import { loadPlan } from '../../models/engine/plans.ts';
import { planOf, smallCnn, type Build, chain, residual, sequential, sum } from '../helpers/plans.ts';

/** A plan of one weight; nothing but the weight vector matters here. */
const planWith = (initializer: Plan['weights'][number]['initializer'], size: number): Plan => ({
  model: 'test',
  input: { height: 1, width: 1, channels: 1 },
  classes: 2,
  weights: [{ name: 'a/kernel', shape: [size], offset: 0, size, initializer }],
  weightCount: size,
  statisticsCount: 0,
  nodes: [],
});
const mean = (values: Float32Array): number => values.reduce((total, value) => total + value, 0) / values.length;

/** Five standard errors of a mean or a mean square over so many draws, in units of the deviation. */
const draws = 40_000;
const fiveStandardErrors = 5 / Math.sqrt(draws);

test('the same seed starts with the same weights, another seed with others', async (t) => {
  const plan = await planOf(smallCnn);
  t.deepEqual(initialWeights(plan, 3), initialWeights(plan, 3));
  t.notDeepEqual(initialWeights(plan, 3), initialWeights(plan, 4));
});

test('a weight starts the same whatever other weights the plan has', async (t) => {
  const plan = await planOf(smallCnn);
  const kernel = weight(plan, initialWeights(plan, 1), 'conv2/kernel');
  const entry = plan.weights.find(({ name }) => name === 'conv2/kernel')!;
  const alone = { ...plan, weights: [{ ...entry, offset: 0 }], weightCount: entry.size };
  t.deepEqual(initialWeights(alone, 1), kernel.slice());
});

test('batch norm starts as the identity', async (t) => {
  const plan = await planOf(smallCnn);
  const weights = initialWeights(plan, 1);
  t.deepEqual([...weight(plan, weights, 'bn1/gamma')], [1, 1, 1, 1, 1]);
  t.deepEqual([...weight(plan, weights, 'bn1/beta')], [0, 0, 0, 0, 0]);
});

test('uniform weights fill ±limit evenly', (t) => {
  const weights = initialWeights(planWith({ kind: 'uniform', limit: 0.25 }, draws), 1);
  t.true(weights.every((value) => Math.abs(value) <= 0.25));
  t.true(Math.abs(mean(weights)) < 0.25 * fiveStandardErrors);
  t.true(Math.abs(mean(weights.map((value) => (value / 0.25) ** 2)) - 1 / 3) < fiveStandardErrors);
});

test('normal weights are cut at two deviations', (t) => {
  const weights = initialWeights(planWith({ kind: 'truncatedNormal', deviation: 0.5 }, draws), 1);
  t.true(weights.every((value) => Math.abs(value) <= 1));
  t.true(Math.abs(mean(weights)) < 0.5 * fiveStandardErrors);
  // Variance of a standard normal cut at ±2: 1 − 4φ(2)/(2Φ(2) − 1) = 0.7737.
  t.true(Math.abs(mean(weights.map((value) => (value / 0.5) ** 2)) - 0.7737) < fiveStandardErrors);
});

test('a named weight is a view of the vector', async (t) => {
  const plan = await planOf(smallCnn);
  const vector = new Float32Array(plan.weightCount);
  weight(plan, vector, 'dense/bias').fill(3);
  t.deepEqual([...vector.subarray(-7)], [3, 3, 3, 3, 3, 3, 3]);
  t.is(vector[plan.weightCount - 8], 0);
});

test('an unknown name or a vector of another length is a RangeError', async (t) => {
  const plan = await planOf(smallCnn);
  const vector = new Float32Array(plan.weightCount);
  t.throws(() => weight(plan, vector, 'conv9/kernel'), {
    instanceOf: RangeError,
    message: /"conv9\/kernel".*conv1\/kernel/,
  });
  t.throws(() => weight(plan, vector.subarray(1), 'conv1/kernel'), { instanceOf: RangeError });
});

const layer = (rate: number, stream = 0): NodeOf<'dropout'> => ({
  kind: 'dropout',
  layer: 'dropout',
  input: 0,
  output: { height: 1, width: 1, channels: 1 },
  rate,
  stream,
});
const elements = 100_000;
const dropped = (rate: number, seed: number, stream = 0): boolean[] =>
  Array.from(dropoutFactors(dropoutMask(layer(rate, stream), seed), elements), (factor) => factor === 0);
const share = (flags: readonly boolean[]): number => flags.filter(Boolean).length / flags.length;

/** Five standard errors of a share around `rate` among so many elements. */
const within = (rate: number): number => 5 * Math.sqrt((rate * (1 - rate)) / elements);

for (const rate of [0.1, 0.5, 0.9]) {
  test(`dropout of ${rate} drops that share and divides the rest by ${1 - rate}`, (t) => {
    const factors = dropoutFactors(dropoutMask(layer(rate), 1), elements);
    t.true(factors.every((factor) => factor === 0 || factor === Math.fround(1 / (1 - rate))));
    t.true(Math.abs(share(dropped(rate, 1)) - rate) < within(rate));
  });
}

test('masks of other seeds, other layers and neighbouring elements are independent', (t) => {
  const mask = dropped(0.5, 7);
  const others = {
    'next seed': dropped(0.5, 8),
    'next layer': dropped(0.5, 7, 1),
    'next seed and layer': dropped(0.5, 8, 1),
    neighbour: [...mask.slice(1), mask[0]],
    'pixel of 64 channels away': [...mask.slice(64), ...mask.slice(0, 64)],
  };
  for (const [what, other] of Object.entries(others)) {
    const both = share(mask.map((flag, i) => flag && other[i]));
    t.true(Math.abs(both - 0.25) < within(0.25), `${what}: both dropped ${both}`);
  }
});

test('a mask is the beginning of a longer one', (t) => {
  const mask = dropoutMask(layer(0.3), 5);
  t.deepEqual(dropoutFactors(mask, 1000).subarray(0, 10), dropoutFactors(mask, 10));
});

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
