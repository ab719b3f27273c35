import test from 'ava';
import type { layers } from '@tensorflow/tfjs';
import type { TensorFlow } from '../../models/architecture.ts';
import { UserError } from '../../base/user-error.ts';
import { compile } from '../../models/engine/compile.ts';
import { loadTensorFlow } from '../../models/engine/tf.ts';
import { createTfjsNetwork } from '../../models/engine/tfjs.ts';
import { inputsOf } from '../../models/engine/plan.ts';
import { findModel } from '../../models/architectures/index.ts';
import { assertClose } from '../helpers/close.ts';
import {
  activated,
  branched,
  chain,
  everyOption,
  planOf,
  residual,
  sequential,
  smallCnn,
  someBatch,
  someWeights,
  windowed,
} from '../helpers/plans.ts';
import { referencePredict } from '../reference/network.ts';

const mnist = { height: 28, width: 28, channels: 1 };
/** tf.js computes in single precision, see tfjs.test.ts. */
const tolerance = 1e-5;

for (const [name, build] of Object.entries({ smallCnn, everyOption, residual, activated, branched, windowed })) {
  test(`the plan of ${name} predicts what tf.js' own layers predict`, async (t) => {
    const tf = await loadTensorFlow();
    const model = build(tf);
    const plan = compile(model);
    const [weights, images] = [someWeights(plan), someBatch(plan, 6)];
    const statistics = new Float32Array(plan.statisticsCount).map((_, i) => 0.5 + 0.1 * (i % 7));

    const values = new Map<string, Float32Array>(
      plan.weights.map(({ name: weight, offset, size }) => [weight, weights.slice(offset, offset + size)]),
    );
    for (const node of plan.nodes) {
      if (node.kind !== 'batchNorm') continue;
      const [mean, variance] = [node.statistics, node.statistics + node.output.channels];
      values.set(`${node.layer}/moving_mean`, statistics.slice(mean, variance));
      values.set(`${node.layer}/moving_variance`, statistics.slice(variance, variance + node.output.channels));
    }
    t.is(values.size, model.weights.length);
    model.setWeights(
      model.weights.map(({ originalName, shape }) => tf.tensor(values.get(originalName)!, shape.map(Number))),
    );

    const { height, width, channels } = plan.input;
    const pixels = tf.tensor4d(Float32Array.from(images.pixels), [6, height, width, channels]).div(255);
    const [output] = [model.predict(pixels)].flat();
    const expected = await output.data();
    const network = await createTfjsNetwork(plan, 'cpu');
    assertClose(t, await network.predict({ weights, statistics }, images), expected, tolerance, 'tfjs engine');
    assertClose(t, referencePredict(plan, weights, statistics, images), expected, tolerance, 'reference');
  });
}

test("digit-cnn has the study's 2,174 weights, named and in order", async (t) => {
  const plan = compile(findModel('digit-cnn')(await loadTensorFlow(), mnist, 10));
  t.deepEqual(
    plan.weights.map(({ name, shape, offset }) => [name, shape.join('×'), offset]),
    [
      ['conv1/kernel', '3×3×1×4', 0],
      ['conv1/bias', '4', 36],
      ['bn1/gamma', '4', 40],
      ['bn1/beta', '4', 44],
      ['conv2/kernel', '3×3×4×4', 48],
      ['conv2/bias', '4', 192],
      ['bn2/gamma', '4', 196],
      ['bn2/beta', '4', 200],
      ['dense/kernel', '196×10', 204],
      ['dense/bias', '10', 2164],
    ],
  );
  t.deepEqual([plan.weightCount, plan.statisticsCount, plan.classes], [2174, 16, 10]);
  t.deepEqual(
    plan.nodes
      .map(({ kind, layer, output }) => `${layer} ${kind} ${output.height}×${output.width}×${output.channels}`)
      .slice(1),
    [
      'conv1 conv2d 28×28×4',
      'bn1 batchNorm 28×28×4',
      'relu1 relu 28×28×4',
      'pool1 maxPool2d 14×14×4',
      'conv2 conv2d 14×14×4',
      'bn2 batchNorm 14×14×4',
      'relu2 relu 14×14×4',
      'pool2 maxPool2d 7×7×4',
      'flatten flatten 1×1×196',
      'dense dense 1×1×10',
    ],
  );
});

test("digit-cnn starts as PyTorch's layers do: uniform within 1/√fanIn", async (t) => {
  const plan = compile(findModel('digit-cnn')(await loadTensorFlow(), mnist, 10));
  const limits = plan.weights.flatMap(({ name, initializer }) =>
    initializer.kind === 'uniform' ? [[name, Math.round(1 / initializer.limit ** 2)]] : [],
  );
  t.deepEqual(Object.fromEntries(limits), {
    'conv1/kernel': 9,
    'conv1/bias': 9,
    'conv2/kernel': 36,
    'conv2/bias': 36,
    'dense/kernel': 196,
    'dense/bias': 196,
  });
});

test('mlp is 784–256–256–10 with He and Glorot starts', async (t) => {
  const plan = compile(findModel('mlp')(await loadTensorFlow(), mnist, 10));
  t.is(plan.weightCount, 784 * 256 + 256 + 256 * 256 + 256 + 256 * 10 + 10);
  const initializers = Object.fromEntries(plan.weights.map(({ name, initializer }) => [name, initializer]));
  t.deepEqual(initializers['dense1/kernel'], { kind: 'truncatedNormal', deviation: Math.sqrt(2 / 784) });
  t.deepEqual(initializers['dense3/kernel'], { kind: 'uniform', limit: Math.sqrt(6 / 266) });
  t.deepEqual(initializers['dense3/bias'], { kind: 'constant', value: 0 });
});

test('a functional model that is a chain gives the plan of the sequential one', async (t) => {
  const tf = await loadTensorFlow();
  const input = tf.input({ shape: [8, 12, 3] });
  const { layers: list } = smallCnn(tf);
  const output = chain(input, ...list.filter((layer) => layer.getClassName() !== 'InputLayer'));
  const model = tf.model({ name: 'test', inputs: input, outputs: output });
  const { nodes, ...plan } = compile(model);
  const { nodes: expectedNodes, ...expected } = await planOf(smallCnn);
  t.deepEqual(plan, expected);
  t.deepEqual(nodes.slice(1), expectedNodes.slice(1));
});

type Of = TensorFlow['layers'];
const input = { inputShape: [6, 6, 2] };
const classifier = (of: Of): layers.Layer => of.dense({ name: 'dense', units: 2, activation: 'softmax' });
const head = (of: Of): layers.Layer[] => [of.flatten(), classifier(of)];

const refusals: [what: string, layerList: (tf: TensorFlow) => layers.Layer[], message: RegExp][] = [
  [
    'a layer of unknown type',
    ({ layers: of }) => [of.flatten(input), of.gaussianNoise({ name: 'noise', stddev: 0.5 }), classifier(of)],
    /layer "noise" \(GaussianNoise\): expected one of InputLayer, Conv2D, /,
  ],
  [
    'a dilation that tf.js leaves out',
    ({ layers: of }) => [of.depthwiseConv2d({ ...input, name: 'c', kernelSize: 3, dilationRate: 2 }), ...head(of)],
    /layer "c" \(DepthwiseConv2D\): option `dilationRate`: expected 1, since .* Take `separableConv2d`/,
  ],
  [
    'a dilation together with strides',
    ({ layers: of }) => [
      of.conv2d({ ...input, name: 'c', filters: 2, kernelSize: 2, dilationRate: 2, strides: [1, 2] }),
      ...head(of),
    ],
    /layer "c" \(Conv2D\): expected `strides` or `dilationRate` to be 1, got 1×2 and 2×2/,
  ],
  [
    'channels first',
    ({ layers: of }) => [of.conv2d({ ...input, filters: 2, kernelSize: 3, dataFormat: 'channelsFirst' }), ...head(of)],
    /option `dataFormat`.*"channelsFirst"/,
  ],
  [
    'a regularizer',
    ({ layers: of, regularizers }) => [
      of.conv2d({ ...input, filters: 2, kernelSize: 3, kernelRegularizer: regularizers.l2() }),
      ...head(of),
    ],
    /option `kernelRegularizer`.*L1L2/,
  ],
  [
    'a constraint',
    ({ layers: of, constraints }) => [
      of.flatten(input),
      of.dense({ units: 3, biasConstraint: constraints.nonNeg() }),
      classifier(of),
    ],
    /option `biasConstraint`.*NonNeg/,
  ],
  [
    'an initializer that plans do not know',
    ({ layers: of }) => [of.flatten(input), of.dense({ units: 3, kernelInitializer: 'orthogonal' }), classifier(of)],
    /option `kernelInitializer\.className`.*"Orthogonal"/,
  ],
  [
    'a seeded initializer, since the run has the seed',
    ({ layers: of, initializers }) => [
      of.flatten(input),
      of.dense({ units: 3, kernelInitializer: initializers.heNormal({ seed: 3 }) }),
      classifier(of),
    ],
    /option `kernelInitializer\.config\.seed`.* got 3/,
  ],
  [
    'another activation',
    ({ layers: of }) => [of.flatten(input), of.dense({ units: 3, activation: 'softsign' }), classifier(of)],
    /option `activation`.*"softsign"/,
  ],
  [
    'a frozen layer',
    ({ layers: of }) => [of.flatten(input), of.dense({ units: 3, trainable: false }), classifier(of)],
    /option `trainable`.* got false/,
  ],
  [
    'batch norm over rows',
    ({ layers: of }) => [of.batchNormalization({ ...input, axis: 1 }), ...head(of)],
    /option `axis`.* got 1/,
  ],
  [
    'layer norm over the whole image',
    ({ layers: of }) => [of.layerNormalization({ ...input, name: 'n', axis: [1, 2, 3] }), ...head(of)],
    /"n" \(LayerNormalization\): option `axis`: expected the last axis, the channels, got \[1,2,3\]/,
  ],
  [
    'a pool larger than its input',
    ({ layers: of }) => [of.maxPooling2d({ ...input, name: 'p', poolSize: 7, strides: 1 }), ...head(of)],
    /"p" \(MaxPooling2D\): its output is empty, \[0, 0, 2\]/,
  ],
  [
    'a global average of channels first',
    ({ layers: of }) => [of.globalAveragePooling2d({ ...input, dataFormat: 'channelsFirst' }), classifier(of)],
    /\(GlobalAveragePooling2D\): option `dataFormat`.*"channelsFirst"/,
  ],
  [
    'dropout with a seed of its own, since the batch has one',
    ({ layers: of }) => [of.flatten(input), of.dropout({ name: 'd', rate: 0.5, seed: 3 }), classifier(of)],
    /"d" \(Dropout\): option `seed`.* got 3/,
  ],
  [
    'dropout of whole channels',
    ({ layers: of }) => [of.flatten(input), of.dropout({ name: 'd', rate: 0.5, noiseShape: [1, 72] }), classifier(of)],
    /"d" \(Dropout\): option `noiseShape`.* got \[1,72\]/,
  ],
  [
    'a model that ends in an image',
    ({ layers: of }) => [of.conv2d({ ...input, name: 'c', filters: 2, kernelSize: 1, activation: 'softmax' })],
    /"c" \(Conv2D\): expected the model to end in a vector/,
  ],
  [
    'a clipped ReLU',
    ({ layers: of }) => [of.reLU({ ...input, maxValue: 4 }), ...head(of)],
    /option `maxValue`.* got 4/,
  ],
  [
    'a dense layer on images',
    ({ layers: of }) => [of.dense({ ...input, name: 'd', units: 3 }), ...head(of)],
    /"d" \(Dense\): .*Flatten/,
  ],
  [
    'input that is no image',
    ({ layers: of }) => [of.dense({ inputShape: [36], units: 3, activation: 'softmax' })],
    /InputLayer\): expected input shape \[height, width, channels\]/,
  ],
  [
    'an unnamed layer with weights, whose start would depend on other models',
    ({ layers: of }) => [of.flatten(input), of.dense({ units: 2, activation: 'softmax' })],
    /_Dense\d+" \(Dense\): expected a layer with weights to have a name/,
  ],
  [
    'softmax in the middle',
    ({ layers: of }) => [of.flatten(input), of.softmax({ name: 'early' }), classifier(of)],
    /"early" \(Softmax\): expected softmax only at the end/,
  ],
  [
    'logits that pass through a ReLU',
    ({ layers: of }) => [of.flatten(input), of.dense({ name: 'last', units: 3, activation: 'relu' })],
    /"last" \(Dense\): expected softmax or no activation at the end of the model/,
  ],
  [
    'logits that pass through a layer of ReLU',
    ({ layers: of }) => [of.flatten(input), of.dense({ name: 'last', units: 3 }), of.leakyReLU({ name: 'cut' })],
    /"cut" \(LeakyReLU\): expected softmax or no activation at the end of the model/,
  ],
  [
    'a batch norm that is not trained, behind another layer',
    ({ layers: of }) => [
      of.flatten(input),
      of.batchNormalization({ name: 'fixed', trainable: false, epsilon: 0, center: false, scale: false }),
      classifier(of),
    ],
    /"fixed" \(BatchNormalization\): expected a batch norm that is not trained to be the only layer behind the input/,
  ],
  [
    'a batch norm that is not trained, but has weights',
    ({ layers: of }) => [of.batchNormalization({ ...input, name: 'fixed', trainable: false, epsilon: 0 }), ...head(of)],
    /"fixed" \(BatchNormalization\): option `(center|scale)`.* got true/,
  ],
  [
    'slopes for each pixel',
    ({ layers: of }) => [of.prelu({ ...input, name: 'slopes' }), of.flatten(), classifier(of)],
    /"slopes" \(PReLU\): option `sharedAxes`: expected .*, got null/,
  ],
];

test('a model that ends in logits has the plan of one that ends in softmax', async (t) => {
  const planWith = (activation: 'linear' | 'softmax') =>
    planOf(sequential((of) => [of.flatten(input), of.dense({ name: 'dense', units: 3, activation })]));
  t.deepEqual(
    (await planWith('linear')).nodes.slice(1).map(({ kind }) => kind),
    ['flatten', 'dense'],
  );
  t.deepEqual((await planWith('linear')).weights, (await planWith('softmax')).weights);
});

for (const [what, layerList, message] of refusals) {
  test(`compile refuses ${what} and says where`, async (t) => {
    const tf = await loadTensorFlow();
    const model = tf.sequential({ layers: layerList(tf) });
    t.throws(() => compile(model), { instanceOf: UserError, message });
  });
}

test('a residual model becomes a graph in which every node comes after its inputs', async (t) => {
  const tf = await loadTensorFlow();
  const { nodes } = compile(findModel('resnet-small')(tf, { height: 8, width: 8, channels: 3 }, 4));
  for (const [id, node] of nodes.entries()) t.true(inputsOf(node).every((source) => source < id));
  const shown = nodes.map((node) => [node.layer, ...inputsOf(node).map((id) => nodes[id].layer)].join(' '));
  // Where the block keeps its shape, the shortcut is the block's input; else a convolution of it.
  t.deepEqual(
    shown.filter((line) => /^stage[12]_add/.test(line)),
    ['stage1_add stage1_conv2_bn stem_relu', 'stage2_add stage2_conv2_bn stage2_shortcut_bn'],
  );
  t.deepEqual(
    nodes.filter(({ kind }) => kind === 'globalAveragePool').map(({ output }) => output),
    [{ height: 1, width: 1, channels: 64 }],
  );
});

test('a dropout with rate 0 is no node', async (t) => {
  const tf = await loadTensorFlow();
  const list = (of: Of) => [of.flatten(input), of.dropout({ name: 'none', rate: 0 }), classifier(of)];
  const plan = compile(tf.sequential({ layers: list(tf.layers) }));
  t.deepEqual(
    plan.nodes.map(({ kind }) => kind),
    ['input', 'flatten', 'dense'],
  );
});

test('compile refuses a model that uses a layer twice or joins tensors whose shapes do not fit', async (t) => {
  const tf = await loadTensorFlow();
  const source = tf.input({ shape: [4, 4, 1] });
  type Tensor = typeof source;
  const flat = tf.layers.flatten().apply(source) as Tensor;
  const endingIn = (x: Tensor) => {
    const output = tf.layers.dense({ name: 'dense', units: 2, activation: 'softmax' }).apply(x) as Tensor;
    return tf.model({ inputs: source, outputs: output });
  };
  const three = tf.layers.add({ name: 'three' }).apply([flat, flat, flat]) as Tensor;
  t.deepEqual(compile(endingIn(three)).nodes.slice(2).map(inputsOf), [[1, 1], [2, 1], [3]]);

  const narrow = tf.layers.conv2d({ name: 'narrow', filters: 3, kernelSize: 1 }).apply(source) as Tensor;
  const sum = tf.layers.add({ name: 'sum' }).apply([narrow, source]) as Tensor;
  t.throws(() => compile(endingIn(tf.layers.flatten().apply(sum) as Tensor)), {
    message: /"sum" \(Add\): expected inputs of the same shape, got 4×4×3 and 4×4×1/,
  });

  const product = tf.layers.multiply({ name: 'product' }).apply([narrow, source]) as Tensor;
  t.throws(() => compile(endingIn(tf.layers.flatten().apply(product) as Tensor)), {
    message: /"product" \(Multiply\): expected inputs of the same shape, or two with a value for each channel in one/,
  });

  const twice = tf.layers.dense({ name: 'twice', units: 16, activation: 'relu' });
  t.throws(() => compile(endingIn(twice.apply(twice.apply(flat)) as Tensor)), {
    message: /"twice" is used more than once/,
  });
});
