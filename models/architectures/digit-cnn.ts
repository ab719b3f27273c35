/**
 * The network of the Digit Recognizer study: two blocks of convolution, batch norm, ReLU and pooling, one dense layer.
 * 2,174 weights for 28×28×1 images and 10 classes.
 */
import type { Architecture } from '../architecture.ts';

export const digitCnn: Architecture = (tf, input, classes) => {
  const { height, width, channels } = input;
  const features = 4 * Math.floor(height / 4) * Math.floor(width / 4);

  // The defaults of PyTorch, which the study used: kernels and biases are uniform in ±1/√fanIn.
  const kernelInitializer = tf.initializers.varianceScaling({ scale: 1 / 3, mode: 'fanIn', distribution: 'uniform' });
  const biasInitializer = (fanIn: number) =>
    tf.initializers.randomUniform({ minval: -1 / Math.sqrt(fanIn), maxval: 1 / Math.sqrt(fanIn) });
  const conv2d = (name: string, fanIn: number) =>
    ({
      name,
      filters: 4,
      kernelSize: 3,
      padding: 'same',
      kernelInitializer,
      biasInitializer: biasInitializer(fanIn),
    }) as const;

  return tf.sequential({
    name: 'digit-cnn',
    layers: [
      tf.layers.inputLayer({ name: 'input', inputShape: [height, width, channels] }),
      tf.layers.conv2d(conv2d('conv1', 9 * channels)),
      tf.layers.batchNormalization({ name: 'bn1', epsilon: 1e-5 }),
      tf.layers.reLU({ name: 'relu1' }),
      tf.layers.maxPooling2d({ name: 'pool1', poolSize: 2 }),
      tf.layers.conv2d(conv2d('conv2', 9 * 4)),
      tf.layers.batchNormalization({ name: 'bn2', epsilon: 1e-5 }),
      tf.layers.reLU({ name: 'relu2' }),
      tf.layers.maxPooling2d({ name: 'pool2', poolSize: 2 }),
      tf.layers.flatten({ name: 'flatten' }),
      tf.layers.dense({
        name: 'dense',
        units: classes,
        activation: 'softmax',
        kernelInitializer,
        biasInitializer: biasInitializer(features),
      }),
    ],
  });
};
