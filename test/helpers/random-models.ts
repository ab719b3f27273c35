/** Random small models for property tests: any channel count, odd sizes, shortcuts, everything that a plan can hold. */
import * as fc from 'fast-check';
import type { SymbolicTensor } from '@tensorflow/tfjs';
import type { TensorFlow } from '../../models/architecture.ts';
import type { Build } from './plans.ts';
import { chain, sum } from './plans.ts';

const channels = fc.integer({ min: 1, max: 9 });
const padding = fc.constantFrom('same' as const, 'valid' as const);
const strides = fc.constantFrom(1, 2);
const kernelSize = fc.constantFrom(1, 3, 5);
const poolSize = fc.constantFrom(2, 3);
const rate = fc.constantFrom(0.1, 0.5, 0.8);

/** What happens to an image on its way; pools and windows that do not fit into it are left out or padded. */
const step = fc.oneof(
  fc.record({
    kind: fc.constant('conv' as const),
    filters: channels,
    kernelSize,
    strides,
    padding,
    dilationRate: fc.constantFrom(1, 1, 2),
    useBias: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('block' as const), filters: channels }),
  fc.record({ kind: fc.constant('norm' as const), scale: fc.boolean(), center: fc.boolean() }),
  fc.record({ kind: fc.constant('layerNorm' as const), scale: fc.boolean(), center: fc.boolean() }),
  fc.record({ kind: fc.constant('relu' as const) }),
  fc.record({ kind: fc.constant('maxPool' as const), strides, padding, poolSize }),
  fc.record({ kind: fc.constant('averagePool' as const), strides, padding, poolSize }),
  fc.record({ kind: fc.constant('dropout' as const), rate }),
  fc.record({ kind: fc.constant('residual' as const), kernelSize }),
  fc.record({ kind: fc.constant('projection' as const), filters: channels, strides }),
  fc.record({ kind: fc.constant('fork' as const), filters: channels }),
);
const hidden = fc.option(fc.record({ units: channels, norm: fc.boolean(), relu: fc.boolean(), rate: fc.option(rate) }));

const recipe = fc.record({
  height: fc.integer({ min: 1, max: 9 }),
  width: fc.integer({ min: 1, max: 9 }),
  channels: fc.integer({ min: 1, max: 5 }),
  steps: fc.array(step, { maxLength: 6 }),
  isAveraged: fc.boolean(),
  hidden,
  classes: fc.integer({ min: 2, max: 9 }),
});

export type Recipe = typeof recipe extends fc.Arbitrary<infer Value> ? Value : never;

/** A model, the number of images in a batch, and whether its labels are soft. */
export const scenario = fc.record({ recipe, count: fc.integer({ min: 1, max: 7 }), isSoft: fc.boolean() });

export const modelOf =
  (made: Recipe): Build =>
  (tf) => {
    const images = tf.input({ name: 'input', shape: [made.height, made.width, made.channels] });
    let x = images;
    for (const [i, each] of made.steps.entries()) x = apply(tf, `step${i}`, each, x);
    const of = tf.layers;
    x = chain(x, made.isAveraged ? of.globalAveragePooling2d({ name: 'global' }) : of.flatten({ name: 'flatten' }));
    if (made.hidden) {
      x = chain(x, of.dense({ name: 'hidden', units: made.hidden.units }));
      if (made.hidden.norm) x = chain(x, of.batchNormalization({ name: 'hidden_bn' }));
      if (made.hidden.relu) x = chain(x, of.reLU({ name: 'hidden_relu' }));
      if (made.hidden.rate !== null) x = chain(x, of.dropout({ name: 'hidden_dropout', rate: made.hidden.rate }));
    }
    x = chain(x, of.dense({ name: 'dense', units: made.classes, activation: 'softmax' }));
    return tf.model({ name: 'random', inputs: images, outputs: x });
  };

function apply(tf: TensorFlow, name: string, made: Recipe['steps'][number], x: SymbolicTensor): SymbolicTensor {
  const of = tf.layers;
  const [, height, width, depth] = x.shape.map(Number);
  const smaller = Math.min(height, width);
  switch (made.kind) {
    case 'conv': {
      const dilationRate = made.strides > 1 ? 1 : made.dilationRate;
      const isTooLarge = (made.kernelSize - 1) * dilationRate + 1 > smaller;
      return chain(x, of.conv2d({ name, ...made, dilationRate, padding: isTooLarge ? 'same' : made.padding }));
    }
    case 'block':
      return smaller < 2
        ? x
        : chain(
            x,
            of.conv2d({ name, filters: made.filters, kernelSize: 3, padding: 'same' }),
            of.batchNormalization({ name: `${name}_bn` }),
            of.reLU({ name: `${name}_relu` }),
            of.maxPooling2d({ name: `${name}_pool`, poolSize: 2 }),
          );
    case 'fork': {
      // The fused block is not alone in reading its input, and needs an even size to match the other way's.
      if (height % 2 !== 0 || width % 2 !== 0) return x;
      const other = of.conv2d({ name: `${name}_other`, filters: made.filters, kernelSize: 1, strides: 2 });
      return sum(tf, `${name}_add`, apply(tf, name, { kind: 'block', filters: made.filters }, x), chain(x, other));
    }
    case 'norm':
      return chain(x, of.batchNormalization({ name, scale: made.scale, center: made.center }));
    case 'relu':
      return chain(x, of.reLU({ name }));
    case 'layerNorm':
      return chain(x, of.layerNormalization({ name, scale: made.scale, center: made.center }));
    case 'maxPool':
    case 'averagePool': {
      const { poolSize: size, strides: each } = made;
      const options = { name, poolSize: size, strides: each, padding: size > smaller ? 'same' : made.padding } as const;
      return chain(x, made.kind === 'maxPool' ? of.maxPooling2d(options) : of.averagePooling2d(options));
    }
    case 'dropout':
      return chain(x, of.dropout({ name, rate: made.rate }));
    case 'residual': {
      const conv = of.conv2d({ name, filters: depth, kernelSize: made.kernelSize, padding: 'same' });
      return sum(tf, `${name}_add`, chain(x, conv, of.batchNormalization({ name: `${name}_bn` })), x);
    }
    case 'projection': {
      const options = { filters: made.filters, strides: made.strides, padding: 'same' } as const;
      const main = of.conv2d({ name, ...options, kernelSize: 3 });
      const shortcut = of.conv2d({ name: `${name}_shortcut`, ...options, kernelSize: 1, useBias: false });
      return sum(tf, `${name}_add`, chain(x, main, of.reLU({ name: `${name}_relu` })), chain(x, shortcut));
    }
  }
}
