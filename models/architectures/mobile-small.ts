/**
 * A small MobileNet for 32×32 colour images and other sizes: a stem and five inverted residual blocks. Each block
 * expands the channels with a 1×1 convolution, applies a depthwise convolution, and projects to few channels again.
 * 41,818 weights for 32×32×3 images and 10 classes.
 *
 * The blocks of MobileNetV2, Sandler et al. 2018, arXiv:1801.04381, figure 4, with an expansion of 4. The stem has
 * stride 1, since the images are small.
 */
import type * as tfjs from '@tensorflow/tfjs';
import type { Architecture } from '../architecture.ts';
import { normalization } from './normalization.ts';

const EXPANSION = 4;

export const mobileSmall: Architecture = (tf, input, classes) => {
  const of = tf.layers;
  const apply = (layer: tfjs.layers.Layer, ...inputs: tfjs.SymbolicTensor[]) =>
    layer.apply(inputs) as tfjs.SymbolicTensor;
  const norm = (name: string, x: tfjs.SymbolicTensor) =>
    apply(of.batchNormalization({ name: `${name}_bn`, epsilon: 1e-5 }), x);
  const relu6 = (name: string, x: tfjs.SymbolicTensor) => apply(of.reLU({ name: `${name}_relu`, maxValue: 6 }), x);

  const convolution = (name: string, filters: number, kernelSize: number, x: tfjs.SymbolicTensor) => {
    const options = { filters, kernelSize, padding: 'same', useBias: false, kernelInitializer: 'heNormal' } as const;
    return norm(name, apply(of.conv2d({ name, ...options }), x));
  };
  const lookAround = (name: string, strides: number, x: tfjs.SymbolicTensor) => {
    const options = { kernelSize: 3, strides, padding: 'same', useBias: false } as const;
    return norm(name, apply(of.depthwiseConv2d({ name, ...options, depthwiseInitializer: 'heNormal' }), x));
  };

  const block = (name: string, filters: number, strides: number, x: tfjs.SymbolicTensor) => {
    const channels = x.shape[3]!;
    const wide = relu6(`${name}_widen`, convolution(`${name}_widen`, EXPANSION * channels, 1, x));
    const seen = relu6(`${name}_depthwise`, lookAround(`${name}_depthwise`, strides, wide));
    // A linear bottleneck: a ReLU on few channels would lose information.
    const narrow = convolution(`${name}_narrow`, filters, 1, seen);
    return strides === 1 && channels === filters ? apply(of.add({ name: `${name}_add` }), narrow, x) : narrow;
  };

  const images = tf.input({ name: 'input', shape: [input.height, input.width, input.channels] });
  let x = normalization(tf, input).reduce((y, layer) => apply(layer, y), images);
  x = relu6('stem', convolution('stem', 16, 3, x));
  x = block('block1', 16, 1, x);
  x = block('block2', 24, 2, x);
  x = block('block3', 24, 1, x);
  x = block('block4', 40, 2, x);
  x = block('block5', 40, 1, x);
  x = relu6('head', convolution('head', 128, 1, x));
  x = apply(of.globalAveragePooling2d({ name: 'average' }), x);
  const dense = { units: classes, activation: 'softmax', kernelInitializer: 'glorotUniform' } as const;
  x = apply(of.dense({ name: 'dense', ...dense }), x);
  return tf.model({ name: 'mobile-small', inputs: images, outputs: x });
};
