/** Small models to export, of kinds that differ in what a file has to say about them. */
import type { SymbolicTensor } from '@tensorflow/tfjs';
import type { Solution } from '../../../models/engine/network.ts';
import type { Plan } from '../../../models/engine/plan.ts';
import { loadPlan } from '../../../models/engine/plans.ts';
import { distinctModels } from '../../helpers/distinct-models.ts';
import {
  activated,
  branched,
  type Build,
  everyOption,
  normalizedPixels,
  type LayerList,
  planOf,
  residual,
  sequential,
  smallCnnLayers,
  someWeights,
  windowed,
} from '../../helpers/plans.ts';

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

/** So large that no class wins by far: else every network would give the same probabilities. */
export function mildSolution(plan: Plan): Solution {
  const weights = someWeights(plan);
  for (const { name: weight, shape, offset, size } of plan.weights) {
    const inputs = /kernel/.test(weight) ? size / shape[shape.length - 1] : 1;
    for (let i = offset; i < offset + size; i += 1) weights[i] *= 2 / Math.sqrt(Math.max(inputs, 4));
  }
  // A variance is positive, and means have both signs.
  const statistics = Float32Array.from({ length: plan.statisticsCount }, (_, i) => 0.6 + 0.5 * Math.sin(i));
  return { weights, statistics };
}

/** The registered models, and networks with every kind and option of a layer. */
export const everyKind: Readonly<Record<string, () => Promise<Plan>>> = {
  ...Object.fromEntries(
    distinctModels.map((model) => [model, () => loadPlan(model, { height: 28, width: 28, channels: 1 }, 10)]),
  ),
  'every option of a layer': () => planOf(everyOption),
  'windows that are not square': () => planOf(options),
  'branches that join': () => planOf(branched),
  'every activation': () => planOf(activated),
  'dilated and padded windows, and layer norm': () => planOf(windowed),
  'a residual block': () => planOf(residual),
  'normalised pixels': () => planOf(normalizedPixels),
};
