/** Small models to export, of kinds that differ in what a file has to say about them. */
import type { LayersModel, SymbolicTensor, layers } from '@tensorflow/tfjs';
import type { TensorFlow } from '../../../models/architecture.ts';
import { compile } from '../../../models/engine/compile.ts';
import type { Solution } from '../../../models/engine/network.ts';
import type { Plan } from '../../../models/engine/plan.ts';
import { loadTensorFlow } from '../../../models/engine/tf.ts';
import { someWeights } from '../../helpers/plans.ts';

export type Builder = (tf: TensorFlow) => LayersModel;

type LayerList = (tf: TensorFlow) => layers.Layer[];

const cnnLayers: LayerList = ({ layers: of }) => [
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

const sequential =
  (list: LayerList): Builder =>
  (tf) =>
    tf.sequential({ name: 'test', layers: list(tf) });

/** The same layers, as a functional model. */
const functional =
  (list: LayerList): Builder =>
  (tf) => {
    const all = list(tf);
    const input = tf.input({ name: 'input', batchShape: all[0].batchInputShape });
    const output = all.reduce((x, layer) => layer.apply(x) as SymbolicTensor, input);
    return tf.model({ name: 'test', inputs: input, outputs: output });
  };

export const cnn = sequential(cnnLayers);
export const functionalCnn = functional(cnnLayers);

export const perceptron = sequential(({ layers: of }) => [
  of.flatten({ name: 'flatten', inputShape: [5, 4, 1] }),
  of.dense({ name: 'dense1', units: 9, activation: 'relu' }),
  of.dense({ name: 'dense2', units: 3, activation: 'softmax' }),
]);

/** Layers and options that the models above do not use. */
export const options = sequential(({ layers: of }) => [
  of.inputLayer({ inputShape: [9, 10, 2] }),
  of.conv2d({ name: 'wide', filters: 3, kernelSize: [2, 3], strides: [2, 1], padding: 'same', useBias: false }),
  of.batchNormalization({ name: 'bare', center: false, scale: false }),
  of.activation({ name: 'relu', activation: 'relu' }),
  of.conv2d({ name: 'valid', filters: 4, kernelSize: [2, 3], padding: 'valid', activation: 'relu' }),
  of.maxPooling2d({ name: 'overlapping', poolSize: [2, 3], strides: [1, 2] }),
  of.flatten({ name: 'flatten' }),
  of.dense({ name: 'hidden', units: 6, useBias: false }),
  of.batchNormalization({ name: 'flat' }),
  of.dense({ name: 'dense', units: 4 }),
  of.softmax({ name: 'softmax' }),
]);

export async function planOf(build: Builder): Promise<Plan> {
  const model = build(await loadTensorFlow());
  try {
    return compile(model);
  } finally {
    model.dispose();
  }
}

/** Weights and statistics that nobody measured, but all different. */
export const someSolution = (plan: Plan): Solution => ({
  weights: someWeights(plan),
  statistics: Float32Array.from({ length: plan.statisticsCount }, (_, i) => i / 7),
});
