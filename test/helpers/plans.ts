/** Small models, their plans and batches for tests of engines. */
import type { LayersModel, SymbolicTensor, layers } from '@tensorflow/tfjs';
import { random } from '../../numerics/random.ts';
import type { Images } from '../../data/images.ts';
import { imageSize } from '../../data/images.ts';
import type { TensorFlow } from '../../models/architecture.ts';
import { compile } from '../../models/engine/compile.ts';
import type { Batch } from '../../models/engine/network.ts';
import { normalizationOf, type Plan, withNormalization } from '../../models/engine/plan.ts';
import { loadTensorFlow } from '../../models/engine/tf.ts';

export type LayerList = (layers: TensorFlow['layers']) => layers.Layer[];
export type Build = (tf: TensorFlow) => LayersModel;

export const sequential =
  (layerList: LayerList): Build =>
  (tf) =>
    tf.sequential({ name: 'test', layers: layerList(tf.layers) });

/** Two convolution blocks with 3 → 5 → 6 channels, so that no count is a multiple of a vector's four lanes. */
export const smallCnnLayers: LayerList = (of) => [
  of.conv2d({ name: 'conv1', inputShape: [8, 12, 3], filters: 5, kernelSize: 3, padding: 'same' }),
  of.batchNormalization({ name: 'bn1', epsilon: 1e-5 }),
  of.reLU({ name: 'relu1' }),
  of.maxPooling2d({ name: 'pool1', poolSize: 2 }),
  of.conv2d({ name: 'conv2', filters: 6, kernelSize: 3, padding: 'same' }),
  of.batchNormalization({ name: 'bn2', epsilon: 1e-5 }),
  of.reLU({ name: 'relu2' }),
  of.maxPooling2d({ name: 'pool2', poolSize: 2 }),
  of.flatten({ name: 'flatten' }),
  of.dense({ name: 'dense', units: 7, activation: 'softmax' }),
];
export const smallCnn = sequential(smallCnnLayers);

/** On grey images of odd height: blocks of 1 → 6 → 3 channels with a dropout behind the first. */
export const greyCnn: Build = sequential((of) => [
  of.conv2d({ name: 'conv1', inputShape: [11, 8, 1], filters: 6, kernelSize: 3, padding: 'same' }),
  of.batchNormalization({ name: 'bn1', epsilon: 1e-5 }),
  of.reLU({ name: 'relu1' }),
  of.maxPooling2d({ name: 'pool1', poolSize: 2 }),
  of.dropout({ name: 'dropout', rate: 0.25 }),
  of.conv2d({ name: 'conv2', filters: 3, kernelSize: 3, padding: 'same' }),
  of.batchNormalization({ name: 'bn2', epsilon: 1e-5 }),
  of.reLU({ name: 'relu2' }),
  of.maxPooling2d({ name: 'pool2', poolSize: 2 }),
  of.flatten({ name: 'flatten' }),
  of.dense({ name: 'dense', units: 4, activation: 'softmax' }),
]);

/** A perceptron with one hidden layer. */
export const smallMlp: Build = sequential((of) => [
  of.flatten({ name: 'flatten', inputShape: [5, 4, 1] }),
  of.dense({ name: 'dense1', units: 9, activation: 'relu' }),
  of.dense({ name: 'dense2', units: 3, activation: 'softmax' }),
]);

/** A chain of layers with the options that the models here do not use. */
export const everyOption: Build = sequential((of) => [
  of.inputLayer({ inputShape: [9, 10, 2] }),
  of.conv2d({ name: 'wide', filters: 3, kernelSize: [2, 3], strides: [2, 1], padding: 'same', useBias: false }),
  of.batchNormalization({ name: 'bare', center: false, scale: false }),
  of.activation({ name: 'relu', activation: 'relu' }),
  of.conv2d({ name: 'valid', filters: 4, kernelSize: [2, 3], padding: 'valid', activation: 'relu' }),
  of.maxPooling2d({ name: 'overlapping', poolSize: [2, 3], strides: [1, 2] }),
  of.conv2d({ name: 'strided', filters: 5, kernelSize: 3, strides: 2, padding: 'same' }),
  of.activation({ name: 'linear', activation: 'linear' }),
  of.flatten({ name: 'flatten' }),
  of.batchNormalization({ name: 'features' }),
  of.dense({ name: 'hidden', units: 6 }),
  of.batchNormalization({ name: 'flat' }),
  of.dropout({ name: 'dropout', rate: 0.25 }),
  of.dense({ name: 'dense', units: 4 }),
  of.softmax({ name: 'softmax' }),
]);

/** Depthwise and separable convolutions, squeeze-and-excite, products, concatenations, zeros around, and maxima. */
export const branched: Build = (tf) => {
  const of = tf.layers;
  const x = of.input({ name: 'input', shape: [7, 6, 3] });
  const stem = chain(
    x,
    of.zeroPadding2d({ name: 'zeros', padding: [[1, 0], [0, 2]] }), // prettier-ignore
    of.depthwiseConv2d({ name: 'pixels', kernelSize: 3, padding: 'same', depthwiseInitializer: 'heNormal' }),
    of.separableConv2d({ name: 'separable', filters: 6, kernelSize: [3, 2], padding: 'valid' }),
    of.batchNormalization({ name: 'stem_bn' }),
    of.reLU({ name: 'stem_relu' }),
  );
  const gate = chain(
    stem,
    of.globalAveragePooling2d({ name: 'squeeze' }),
    of.dense({ name: 'reduce', units: 3, activation: 'relu' }),
    of.dense({ name: 'excite', units: 6, activation: 'sigmoid' }),
  );
  const multiply = (name: string, ...factors: SymbolicTensor[]) =>
    of.multiply({ name }).apply(factors) as SymbolicTensor;
  const concat = (name: string, ...parts: SymbolicTensor[]) => of.concatenate({ name }).apply(parts) as SymbolicTensor;
  const scaled = multiply('scale', stem, gate);
  const strided = { kernelSize: 3, strides: 2, padding: 'same', useBias: false } as const;
  const down = chain(
    scaled,
    of.depthwiseConv2d({ name: 'down', ...strided }),
    of.batchNormalization({ name: 'down_bn' }),
  );
  const other = chain(stem, of.conv2d({ name: 'other', filters: 5, kernelSize: 1, strides: 2 }));
  const joined = concat('joined', down, other, chain(down, of.activation({ name: 'tanh', activation: 'tanh' })));
  // tf.js' own layers cannot take one tensor twice.
  const second = chain(joined, of.activation({ name: 'swish', activation: 'swish' }));
  const square = multiply('square', joined, second);
  const all = of.add({ name: 'all' }).apply([joined, square, second]) as SymbolicTensor;
  const gate2 = chain(
    all,
    of.globalAveragePooling2d({ name: 'squeeze2' }),
    of.activation({ name: 'gate2', activation: 'sigmoid' }),
  );
  const ends = concat(
    'ends',
    chain(all, of.globalMaxPooling2d({ name: 'most' })),
    chain(multiply('gated', all, gate2), of.globalAveragePooling2d({ name: 'mean' })),
  );
  return tf.model({
    name: 'test',
    inputs: x,
    outputs: chain(ends, of.dense({ name: 'dense', units: 4, activation: 'softmax' })),
  });
};

/** Every activation, over images and vectors. */
export const activated: Build = sequential((of) => [
  of.inputLayer({ inputShape: [5, 6, 3] }),
  of.conv2d({ name: 'conv1', filters: 5, kernelSize: 3, activation: 'swish' }),
  of.batchNormalization({ name: 'norm' }),
  of.activation({ name: 'gelu', activation: 'gelu' }),
  of.prelu({ name: 'prelu', sharedAxes: [1, 2] }),
  of.conv2d({ name: 'conv2', filters: 6, kernelSize: 2, padding: 'same' }),
  of.leakyReLU({ name: 'leaky', alpha: 0.2 }),
  of.activation({ name: 'tanh', activation: 'tanh' }),
  of.flatten({ name: 'flatten' }),
  of.dense({ name: 'hidden', units: 7 }),
  of.reLU({ name: 'six', maxValue: 6 }),
  of.dense({ name: 'sigmoid', units: 6, activation: 'sigmoid' }),
  of.prelu({ name: 'vector' }),
  of.dense({ name: 'dense', units: 4, activation: 'softmax' }),
]);

/** Windows with holes, windows over the edge, and layer norms, over images and vectors. */
export const windowed: Build = sequential((of) => [
  of.inputLayer({ inputShape: [9, 8, 3] }),
  of.conv2d({ name: 'holes', filters: 6, kernelSize: 3, padding: 'same', dilationRate: 2 }),
  of.layerNormalization({ name: 'norm', epsilon: 1e-3 }),
  of.maxPooling2d({ name: 'most', poolSize: 3, strides: 2, padding: 'same' }),
  of.separableConv2d({ name: 'separable', filters: 5, kernelSize: [2, 3], padding: 'same', dilationRate: [2, 1] }),
  of.activation({ name: 'swish', activation: 'swish' }),
  of.averagePooling2d({ name: 'mean', poolSize: [3, 2], strides: 1, padding: 'same' }),
  of.conv2d({ name: 'valid', filters: 9, kernelSize: 2, padding: 'valid', dilationRate: [1, 3], useBias: false }),
  of.batchNormalization({ name: 'bn' }),
  of.maxPooling2d({ name: 'last', poolSize: 2, strides: 3, padding: 'same' }),
  of.flatten({ name: 'flatten' }),
  of.dense({ name: 'hidden', units: 6 }),
  of.layerNormalization({ name: 'bare', center: false, scale: false }),
  of.dense({ name: 'dense', units: 4, activation: 'softmax' }),
]);

/** Shortcuts with and without a projection, a map that three layers read, averages, and dropout over images. */
export const residual: Build = (tf) => {
  const of = tf.layers;
  const x = of.input({ name: 'input', shape: [5, 6, 3] });
  const conv = (name: string, filters: number, kernelSize: number, options: object = {}) =>
    of.conv2d({ name, filters, kernelSize, padding: 'same', ...options });
  const stem = chain(x, conv('stem', 3, 3), of.batchNormalization({ name: 'stem_bn' }), of.reLU({ name: 'stem_relu' }));
  const once = sum(tf, 'once', chain(stem, conv('once_conv', 3, 5, { useBias: false })), stem);
  const twice = sum(tf, 'twice', sum(tf, 'double', once, once), stem);
  const pooled = chain(
    twice,
    of.averagePooling2d({ name: 'average', poolSize: 2 }),
    of.dropout({ name: 'pixels', rate: 0.3 }),
  );
  const down = { strides: 2, useBias: false };
  const main = chain(
    pooled,
    conv('down', 5, 3, down),
    of.batchNormalization({ name: 'down_bn' }),
    of.reLU({ name: 'down_relu' }),
    conv('down2', 5, 3),
  );
  const shortcut = chain(pooled, conv('shortcut', 5, 1, down), of.batchNormalization({ name: 'shortcut_bn' }));
  const output = chain(
    sum(tf, 'join', main, shortcut),
    of.reLU({ name: 'join_relu' }),
    of.globalAveragePooling2d({ name: 'global' }),
    of.dense({ name: 'hidden', units: 6, activation: 'relu' }),
    of.dropout({ name: 'units', rate: 0.5 }),
    of.dense({ name: 'dense', units: 4, activation: 'softmax' }),
  );
  return tf.model({ name: 'test', inputs: x, outputs: output });
};

const fixed = { trainable: false, epsilon: 0, center: false, scale: false } as const;

/** Pixels that are normalised before padded windows; `planOf` sets its means and deviations. */
export const normalizedPixels: Build = sequential((of) => [
  of.inputLayer({ name: 'input', inputShape: [6, 8, 3] }),
  of.batchNormalization({ name: 'normalization', ...fixed }),
  of.conv2d({ name: 'conv', filters: 5, kernelSize: 3, padding: 'same', useBias: false }),
  of.batchNormalization({ name: 'bn' }),
  of.reLU(),
  of.maxPooling2d({ poolSize: 2 }),
  of.flatten({ name: 'flatten' }),
  of.dense({ name: 'dense', units: 4, activation: 'softmax' }),
]);

/** The same of grey pixels, which the first layer of the simd engine would read as bytes. */
export const normalizedGrey: Build = sequential((of) => [
  of.inputLayer({ name: 'input', inputShape: [6, 8, 1] }),
  of.batchNormalization({ name: 'normalization', ...fixed }),
  of.conv2d({ name: 'conv', filters: 5, kernelSize: 3, padding: 'same', useBias: false }),
  of.batchNormalization({ name: 'bn' }),
  of.reLU(),
  of.maxPooling2d({ poolSize: 2 }),
  of.depthwiseConv2d({ name: 'windows', kernelSize: 3 }),
  of.flatten({ name: 'flatten' }),
  of.dense({ name: 'dense', units: 4, activation: 'softmax' }),
]);

export const chain = (x: SymbolicTensor, ...list: layers.Layer[]): SymbolicTensor =>
  list.reduce((tensor, layer) => layer.apply(tensor) as SymbolicTensor, x);

export const sum = (tf: TensorFlow, name: string, ...terms: SymbolicTensor[]): SymbolicTensor =>
  tf.layers.add({ name }).apply(terms) as SymbolicTensor;

export async function planOf(build: Build): Promise<Plan> {
  const model = build(await loadTensorFlow());
  try {
    return withSomeNormalization(compile(model));
  } finally {
    model.dispose();
  }
}

/** Means and deviations that are all different, where pixels are normalised. */
export const withSomeNormalization = (plan: Plan): Plan => {
  const normalization = normalizationOf(plan);
  return normalization === undefined
    ? plan
    : withNormalization(plan, {
        mean: normalization.mean.map((_, c) => [0.4914, 0.4822, 0.4465][c]),
        deviation: normalization.deviation.map((_, c) => [0.2023, 0.1994, 0.201][c]),
      });
};

/** Weights with no special values: every gamma, beta and bias plays its part. */
export function someWeights(plan: Plan, seed = 1): Float32Array {
  const stream = random(seed, 'weights');
  const weights = new Float32Array(plan.weightCount);
  for (const { name, offset, size } of plan.weights) {
    const center = name.endsWith('gamma') ? 1 : 0;
    for (let i = offset; i < offset + size; i += 1) weights[i] = center + 0.7 * (stream.float() - 0.5);
  }
  return weights;
}

/** Labelled images; like drawn digits they are black in places, where all pixels of a pooling window tie. */
export function someBatch(plan: Plan, count: number, seed = 1): Batch & Images {
  const stream = random(seed, 'images');
  const pixels = new Uint8Array(new SharedArrayBuffer(count * imageSize(plan.input)));
  const run = 2 * plan.input.width * plan.input.channels;
  for (let i = 0; i < pixels.length; i += 1) pixels[i] = Math.floor(i / run) % 3 === 0 ? 0 : stream.integer(256);
  const labels = Uint16Array.from({ length: count }, () => stream.integer(plan.classes));
  return { shape: plan.input, count, pixels, labels, seed };
}

/** Rows of positive numbers with the sum 1, but for some classes that get nothing. */
export function someTargets(plan: Plan, count: number): Float32Array {
  const stream = random(1, 'targets');
  const rows = Array.from({ length: count }, () => {
    const row = Array.from({ length: plan.classes }, (_, i) => (i % 3 === 1 ? 0 : stream.float()));
    const total = row.reduce((all, value) => all + value, 0);
    return row.map((value) => value / total);
  });
  return Float32Array.from(rows.flat());
}
