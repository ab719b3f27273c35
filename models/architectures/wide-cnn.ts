/**
 * A bigger CNN for 28×28 images: two blocks of two convolutions with 32 and 64 channels, a hidden layer of 128 and
 * dropout, so that it has room for augmented images. 468,138 weights for 28×28×1 images and 10 classes.
 */
import type { Architecture } from '../architecture.ts';

export const wideCnn: Architecture = (tf, input, classes) => {
  // Batch norm removes the effect of a bias, so layers before it have none.
  const normalised = (k: number) => [
    tf.layers.batchNormalization({ name: `bn${k}`, epsilon: 1e-5 }),
    tf.layers.reLU({ name: `relu${k}` }),
  ];
  const convolution = (k: number, filters: number) => [
    tf.layers.conv2d({
      name: `conv${k}`,
      filters,
      kernelSize: 3,
      padding: 'same',
      useBias: false,
      kernelInitializer: 'heNormal',
    }),
    ...normalised(k),
  ];

  return tf.sequential({
    name: 'wide-cnn',
    layers: [
      tf.layers.inputLayer({ name: 'input', inputShape: [input.height, input.width, input.channels] }),
      ...convolution(1, 32),
      ...convolution(2, 32),
      tf.layers.maxPooling2d({ name: 'pool1', poolSize: 2 }),
      ...convolution(3, 64),
      ...convolution(4, 64),
      tf.layers.maxPooling2d({ name: 'pool2', poolSize: 2 }),
      tf.layers.flatten({ name: 'flatten' }),
      tf.layers.dense({ name: 'hidden', units: 128, useBias: false, kernelInitializer: 'heNormal' }),
      ...normalised(5),
      tf.layers.dropout({ name: 'dropout', rate: 0.5 }),
      tf.layers.dense({ name: 'dense', units: classes, activation: 'softmax', kernelInitializer: 'glorotUniform' }),
    ],
  });
};
