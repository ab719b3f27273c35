/** Small models, their plans and batches for tests of engines. */
import type { layers } from '@tensorflow/tfjs';
import { random } from '../../data/random.ts';
import type { Images } from '../../data/images.ts';
import { imageSize } from '../../data/images.ts';
import type { TensorFlow } from '../../models/architecture.ts';
import { compile } from '../../models/engine/compile.ts';
import type { Batch } from '../../models/engine/network.ts';
import type { Plan } from '../../models/engine/plan.ts';
import { loadTensorFlow } from '../../models/engine/tf.ts';

type LayerList = (layers: TensorFlow['layers']) => layers.Layer[];

/** Two convolution blocks with 3 → 5 → 6 channels, so that no count is a multiple of a vector's four lanes. */
export const smallCnn: LayerList = (of) => [
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

/** A perceptron with one hidden layer. */
export const smallMlp: LayerList = (of) => [
  of.flatten({ name: 'flatten', inputShape: [5, 4, 1] }),
  of.dense({ name: 'dense1', units: 9, activation: 'relu' }),
  of.dense({ name: 'dense2', units: 3, activation: 'softmax' }),
];

/** Every layer and option that a plan can hold. */
export const everyLayer: LayerList = (of) => [
  of.inputLayer({ inputShape: [9, 10, 2] }),
  of.conv2d({ name: 'wide', filters: 3, kernelSize: [2, 3], strides: [2, 1], padding: 'same', useBias: false }),
  of.batchNormalization({ name: 'bare', center: false, scale: false }),
  of.activation({ name: 'relu', activation: 'relu' }),
  of.conv2d({ name: 'valid', filters: 4, kernelSize: [2, 3], padding: 'valid', activation: 'relu' }),
  of.maxPooling2d({ name: 'overlapping', poolSize: [2, 3], strides: [1, 2] }),
  of.conv2d({ name: 'strided', filters: 5, kernelSize: 3, strides: 2, padding: 'same' }),
  of.activation({ name: 'linear', activation: 'linear' }),
  of.flatten({ name: 'flatten' }),
  of.dense({ name: 'hidden', units: 6, useBias: false }),
  of.batchNormalization({ name: 'flat' }),
  of.dense({ name: 'dense', units: 4 }),
  of.softmax({ name: 'softmax' }),
];

export async function planOf(layerList: LayerList): Promise<Plan> {
  const tf = await loadTensorFlow();
  const model = tf.sequential({ name: 'test', layers: layerList(tf.layers) });
  try {
    return compile(model);
  } finally {
    model.dispose();
  }
}

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
  return { shape: plan.input, count, pixels, labels };
}
