/**
 * A small residual network for 32×32 colour images and other sizes: a stem and three stages of one residual block with
 * 16, 32 and 64 channels. The last two halve the image. 78,042 weights for 32×32×3 images and 10 classes.
 *
 * The ResNet-8 of He et al. 2016, arXiv:1512.03385, section 4.2, with 1×1 convolutions as shortcuts where shapes
 * change.
 */
import type * as tfjs from '@tensorflow/tfjs';
import type { Architecture } from '../architecture.ts';
import { normalization } from './normalization.ts';
import { oneCycle } from './one-cycle.ts';

const build: Architecture = (tf, input, classes) => {
  const apply = (layer: tfjs.layers.Layer, ...inputs: tfjs.SymbolicTensor[]) =>
    layer.apply(inputs) as tfjs.SymbolicTensor;
  const relu = (name: string, x: tfjs.SymbolicTensor) => apply(tf.layers.reLU({ name: `${name}_relu` }), x);

  /** A convolution without bias, and batch norm. */
  const convolution = (name: string, filters: number, kernelSize: number, strides: number, x: tfjs.SymbolicTensor) => {
    const options = { filters, kernelSize, strides, padding: 'same', useBias: false } as const;
    const y = apply(tf.layers.conv2d({ name, ...options, kernelInitializer: 'heNormal' }), x);
    return apply(tf.layers.batchNormalization({ name: `${name}_bn`, epsilon: 1e-5 }), y);
  };

  const block = (name: string, filters: number, strides: number, x: tfjs.SymbolicTensor) => {
    const first = relu(`${name}_conv1`, convolution(`${name}_conv1`, filters, 3, strides, x));
    const second = convolution(`${name}_conv2`, filters, 3, 1, first);
    const shortcut = strides === 1 ? x : convolution(`${name}_shortcut`, filters, 1, strides, x);
    return relu(name, apply(tf.layers.add({ name: `${name}_add` }), second, shortcut));
  };

  const images = tf.input({ name: 'input', shape: [input.height, input.width, input.channels] });
  let x = normalization(tf, input).reduce((y, layer) => apply(layer, y), images);
  x = relu('stem', convolution('stem', 16, 3, 1, x));
  x = block('stage1', 16, 1, x);
  x = block('stage2', 32, 2, x);
  x = block('stage3', 64, 2, x);
  x = apply(tf.layers.globalAveragePooling2d({ name: 'average' }), x);
  const dense = { units: classes, activation: 'softmax', kernelInitializer: 'glorotUniform' } as const;
  x = apply(tf.layers.dense({ name: 'dense', ...dense }), x);
  return tf.model({ name: 'resnet-small', inputs: images, outputs: x });
};

export const resnetSmall: Architecture = Object.assign(build, { defaults: oneCycle });
