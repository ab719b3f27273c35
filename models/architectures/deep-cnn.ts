/**
 * Six convolutions for grey digits: 16-16-pool-32-32-pool-64-96-pool, each 3×3 with batch norm and ReLU, then dropout
 * and one dense layer. 99,162 weights for 28×28×1 images and 10 classes.
 *
 * It is for one long training on augmented images, and so has its own defaults: one cycle of the learning rate
 * (Smith and Topin 2018, arXiv:1708.07120).
 */
import type * as tfjs from '@tensorflow/tfjs';
import type { Architecture, TensorFlow } from '../architecture.ts';

/**
 * A convolution for each number of filters, without bias, since batch norm follows; then a max pool that halves the
 * map.
 */
const block = (tf: TensorFlow, name: string, filters: readonly number[]): tfjs.layers.Layer[] => {
  const options = { kernelSize: 3, padding: 'same', useBias: false, kernelInitializer: 'heNormal' } as const;
  const convolutions = filters.flatMap((count, c) => [
    tf.layers.conv2d({ name: `${name}_conv${c + 1}`, filters: count, ...options }),
    tf.layers.batchNormalization({ name: `${name}_bn${c + 1}`, epsilon: 1e-5 }),
    tf.layers.reLU({ name: `${name}_relu${c + 1}` }),
  ]);
  return [...convolutions, tf.layers.maxPooling2d({ name: `${name}_pool`, poolSize: 2 })];
};

const build: Architecture = (tf, input, classes) =>
  tf.sequential({
    name: 'deep-cnn',
    layers: [
      tf.layers.inputLayer({ name: 'input', inputShape: [input.height, input.width, input.channels] }),
      ...block(tf, 'block1', [16, 16]),
      ...block(tf, 'block2', [32, 32]),
      ...block(tf, 'block3', [64, 96]),
      tf.layers.flatten({ name: 'flatten' }),
      tf.layers.dropout({ name: 'dropout', rate: 0.3 }),
      tf.layers.dense({ name: 'dense', units: classes, activation: 'softmax', kernelInitializer: 'glorotUniform' }),
    ],
  });

export const deepCnn: Architecture = Object.assign(build, {
  defaults: {
    epochs: 20,
    parameters: {
      learningRate: 0.1,
      momentum: 0.9,
      batchSize: 64,
      weightDecay: 0.0005,
      schedule: 'one-cycle',
      augment: 'digits',
    },
  },
});
