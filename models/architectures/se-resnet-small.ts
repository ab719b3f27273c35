/**
 * `resnet-small` with squeeze-and-excitation: before each sum a block scales its channels by gates, which two small
 * dense layers compute from the means of the channels. 79,512 weights for 32×32×3 images and 10 classes.
 *
 * Source: Hu, Shen and Sun 2018, arXiv:1709.01507, with a reduction of 8, since the blocks are narrow.
 */
import type * as tfjs from '@tensorflow/tfjs';
import type { Architecture } from '../architecture.ts';
import { normalization } from './normalization.ts';
import { oneCycle } from './one-cycle.ts';

const REDUCTION = 8;

const build: Architecture = (tf, input, classes) => {
  const of = tf.layers;
  const apply = (layer: tfjs.layers.Layer, ...inputs: tfjs.SymbolicTensor[]) =>
    layer.apply(inputs) as tfjs.SymbolicTensor;
  const relu = (name: string, x: tfjs.SymbolicTensor) => apply(of.reLU({ name: `${name}_relu` }), x);

  const convolution = (name: string, filters: number, kernelSize: number, strides: number, x: tfjs.SymbolicTensor) => {
    const options = { filters, kernelSize, strides, padding: 'same', useBias: false } as const;
    const y = apply(of.conv2d({ name, ...options, kernelInitializer: 'heNormal' }), x);
    return apply(of.batchNormalization({ name: `${name}_bn`, epsilon: 1e-5 }), y);
  };

  /** Scales every channel by a gate in (0, 1) that depends on the means of all channels. */
  const excite = (name: string, filters: number, x: tfjs.SymbolicTensor) => {
    const squeezed = apply(of.globalAveragePooling2d({ name: `${name}_squeeze` }), x);
    const units = filters / REDUCTION;
    const reduce = of.dense({ name: `${name}_reduce`, units, activation: 'relu', kernelInitializer: 'heNormal' });
    const gate = of.dense({ name: `${name}_excite`, units: filters, activation: 'sigmoid' });
    return apply(of.multiply({ name: `${name}_scale` }), x, apply(gate, apply(reduce, squeezed)));
  };

  const block = (name: string, filters: number, strides: number, x: tfjs.SymbolicTensor) => {
    const first = relu(`${name}_conv1`, convolution(`${name}_conv1`, filters, 3, strides, x));
    const second = excite(name, filters, convolution(`${name}_conv2`, filters, 3, 1, first));
    const shortcut = strides === 1 ? x : convolution(`${name}_shortcut`, filters, 1, strides, x);
    return relu(name, apply(of.add({ name: `${name}_add` }), second, shortcut));
  };

  const images = tf.input({ name: 'input', shape: [input.height, input.width, input.channels] });
  let x = normalization(tf, input).reduce((y, layer) => apply(layer, y), images);
  x = relu('stem', convolution('stem', 16, 3, 1, x));
  x = block('stage1', 16, 1, x);
  x = block('stage2', 32, 2, x);
  x = block('stage3', 64, 2, x);
  x = apply(of.globalAveragePooling2d({ name: 'average' }), x);
  const dense = { units: classes, activation: 'softmax', kernelInitializer: 'glorotUniform' } as const;
  x = apply(of.dense({ name: 'dense', ...dense }), x);
  return tf.model({ name: 'se-resnet-small', inputs: images, outputs: x });
};

export const seResnetSmall: Architecture = Object.assign(build, { defaults: oneCycle });
