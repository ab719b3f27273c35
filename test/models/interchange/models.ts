/** Small models to export, of kinds that differ in what a file has to say about them. */
import type { SymbolicTensor } from '@tensorflow/tfjs';
import type { Solution } from '../../../models/engine/network.ts';
import type { Plan } from '../../../models/engine/plan.ts';
import { type Build, type LayerList, sequential, smallCnnLayers, someWeights } from '../../helpers/plans.ts';

/** Layers one after the other, as a functional model. */
const functional =
  (list: LayerList): Build =>
  (tf) => {
    const all = list(tf.layers);
    const input = tf.input({ name: 'input', batchShape: all[0].batchInputShape });
    const output = all.reduce((x, layer) => layer.apply(x) as SymbolicTensor, input);
    return tf.model({ name: 'test', inputs: input, outputs: output });
  };

export const functionalCnn = functional(smallCnnLayers);

/** Layers and options that the small models do not use. */
export const options = sequential((of) => [
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

/** Weights and statistics that nobody measured, but all different. */
export const someSolution = (plan: Plan): Solution => ({
  weights: someWeights(plan),
  statistics: Float32Array.from({ length: plan.statisticsCount }, (_, i) => i / 7),
});
