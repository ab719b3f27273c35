/** Multi-layer perceptron with two hidden layers of 256; 269,322 weights for 28×28×1 images and 10 classes. */
import type { Architecture } from '../architecture.ts';

export const mlp: Architecture = (tf, input, classes) =>
  tf.sequential({
    name: 'mlp',
    layers: [
      tf.layers.flatten({ name: 'flatten', inputShape: [input.height, input.width, input.channels] }),
      tf.layers.dense({ name: 'dense1', units: 256, activation: 'relu', kernelInitializer: 'heNormal' }),
      tf.layers.dense({ name: 'dense2', units: 256, activation: 'relu', kernelInitializer: 'heNormal' }),
      tf.layers.dense({ name: 'dense3', units: classes, activation: 'softmax', kernelInitializer: 'glorotUniform' }),
    ],
  });
