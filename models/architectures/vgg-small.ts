/**
 * A VGG with batch norm for 32×32 images: three blocks of two 3×3 convolutions and pooling, with 32, 64 and 128
 * channels. Global average pooling replaces the hidden dense layers. 288,746 weights for 32×32×3 images and 10 classes.
 *
 * After Simonyan and Zisserman 2015, arXiv:1409.1556, with half the layers and a quarter of the channels of VGG-16.
 */
import type { Architecture } from '../architecture.ts';
import { normalization } from './normalization.ts';
import { oneCycle } from './one-cycle.ts';

const build: Architecture = (tf, input, classes) => {
  const convolution = (id: string, filters: number) => [
    tf.layers.conv2d({
      name: id,
      filters,
      kernelSize: 3,
      padding: 'same',
      // Batch norm follows and removes the effect of a bias.
      useBias: false,
      kernelInitializer: 'heNormal',
    }),
    tf.layers.batchNormalization({ name: `${id}_bn`, epsilon: 1e-5 }),
    tf.layers.reLU({ name: `${id}_relu` }),
  ];
  const stage = (k: number, filters: number) => [
    ...convolution(`stage${k}_conv1`, filters),
    ...convolution(`stage${k}_conv2`, filters),
  ];

  return tf.sequential({
    name: 'vgg-small',
    layers: [
      tf.layers.inputLayer({ name: 'input', inputShape: [input.height, input.width, input.channels] }),
      ...normalization(tf, input),
      ...stage(1, 32),
      tf.layers.maxPooling2d({ name: 'pool1', poolSize: 2 }),
      ...stage(2, 64),
      tf.layers.maxPooling2d({ name: 'pool2', poolSize: 2 }),
      ...stage(3, 128),
      tf.layers.globalAveragePooling2d({ name: 'average' }),
      tf.layers.dense({ name: 'dense', units: classes, activation: 'softmax', kernelInitializer: 'glorotUniform' }),
    ],
  });
};

export const vggSmall: Architecture = Object.assign(build, { defaults: oneCycle });
