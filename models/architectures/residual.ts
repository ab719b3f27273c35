/**
 * The residual networks of the literature on CIFAR-10: a stem, three stages of n blocks with k · 16, k · 32 and k · 64
 * channels, of which the last two halve the image, and global average pooling. A block has two 3×3 convolutions.
 *
 * Where the shape changes the shortcut is a 1×1 convolution (option B of He et al.).
 */
import type * as tfjs from '@tensorflow/tfjs';
import type { ImageShape } from '../../data/index.ts';
import type { Architecture, TensorFlow, TrainingDefaults } from '../architecture.ts';
import { normalization } from './normalization.ts';

const STAGES = [16, 32, 64] as const;

/** Learning rate, momentum and batch size of the papers, with fewer epochs. Augmentation depends on the images. */
const defaults: TrainingDefaults = {
  epochs: 30,
  parameters: { learningRate: 0.1, momentum: 0.9, batchSize: 128, weightDecay: 0.0005, schedule: 'cosine' },
};

interface Size {
  readonly name: string;
  /** n: residual blocks of each stage. */
  readonly blocks: number;
}

/**
 * A ResNet of 6n + 2 layers: batch norm and ReLU follow the convolutions, and the last ReLU of a block follows the sum.
 *
 * Source: He et al. 2016, arXiv:1512.03385, section 4.2.
 */
export const residual = ({ name, blocks }: Size): Architecture =>
  Object.assign<Architecture, { defaults: TrainingDefaults }>(
    (tf, input, classes) => {
      const { apply, imagesOf, convolution, norm, classify } = layersOf(tf);

      const block = (id: string, filters: number, strides: number, x: tfjs.SymbolicTensor) => {
        const first = convolution(`${id}_conv1`, filters, 3, strides, x);
        const second = convolution(`${id}_conv2`, filters, 3, 1, norm(`${id}_conv1`, first));
        const isSame = strides === 1 && x.shape[3] === filters;
        const shortcut = isSame
          ? x
          : norm(`${id}_shortcut`, convolution(`${id}_shortcut`, filters, 1, strides, x), 'linear');
        const sum = apply(tf.layers.add({ name: `${id}_add` }), norm(`${id}_conv2`, second, 'linear'), shortcut);
        return apply(tf.layers.reLU({ name: `${id}_relu` }), sum);
      };

      const { images, pixels } = imagesOf(input);
      const stem = norm('stem', convolution('stem', STAGES[0], 3, 1, pixels));
      return classify(name, images, inStages(stem, blocks, 1, block), classes);
    },
    { defaults },
  );

/**
 * A ResNet with preactivation: batch norm and ReLU come before the convolutions, and nothing follows a sum. It has 6n +
 * 2 layers for width 1. A wide network of d layers has n = (d − 4) / 6, since its shortcuts are counted too.
 *
 * Sources: He et al. 2016, arXiv:1603.05027; Zagoruyko and Komodakis 2016, arXiv:1605.07146.
 */
export const preactivated = ({ name, blocks, width }: Size & { /** k. */ readonly width: number }): Architecture =>
  Object.assign<Architecture, { defaults: TrainingDefaults }>(
    (tf, input, classes) => {
      const { apply, imagesOf, convolution, norm, classify } = layersOf(tf);

      const block = (id: string, filters: number, strides: number, x: tfjs.SymbolicTensor) => {
        const active = norm(`${id}_conv1`, x);
        const first = convolution(`${id}_conv1`, filters, 3, strides, active);
        const second = convolution(`${id}_conv2`, filters, 3, 1, norm(`${id}_conv2`, first));
        const isSame = strides === 1 && x.shape[3] === filters;
        const shortcut = isSame ? x : convolution(`${id}_shortcut`, filters, 1, strides, active);
        return apply(tf.layers.add({ name: `${id}_add` }), second, shortcut);
      };

      const { images, pixels } = imagesOf(input);
      const stem = convolution('stem', STAGES[0], 3, 1, pixels);
      return classify(name, images, norm('last', inStages(stem, blocks, width, block)), classes);
    },
    { defaults },
  );

type Block = (id: string, filters: number, strides: number, x: tfjs.SymbolicTensor) => tfjs.SymbolicTensor;

function inStages(stem: tfjs.SymbolicTensor, blocks: number, width: number, block: Block): tfjs.SymbolicTensor {
  let x = stem;
  for (const [stage, filters] of STAGES.entries()) {
    for (let k = 0; k < blocks; k += 1) {
      x = block(`stage${stage + 1}_block${k + 1}`, filters * width, stage > 0 && k === 0 ? 2 : 1, x);
    }
  }
  return x;
}

function layersOf(tf: TensorFlow) {
  const apply = (layer: tfjs.layers.Layer, ...inputs: tfjs.SymbolicTensor[]) =>
    layer.apply(inputs) as tfjs.SymbolicTensor;

  const imagesOf = (input: ImageShape) => {
    const images = tf.input({ name: 'input', shape: [input.height, input.width, input.channels] });
    const pixels = normalization(tf, input).reduce((x, layer) => apply(layer, x), images);
    return { images, pixels };
  };
  /** A convolution without bias, since batch norm follows. */
  const convolution = (name: string, filters: number, kernelSize: number, strides: number, x: tfjs.SymbolicTensor) => {
    const options = { filters, kernelSize, strides, padding: 'same', useBias: false } as const;
    return apply(tf.layers.conv2d({ name, ...options, kernelInitializer: 'heNormal' }), x);
  };
  /** Batch norm and, unless `activation` is linear, ReLU. */
  const norm = (name: string, x: tfjs.SymbolicTensor, activation: 'relu' | 'linear' = 'relu') => {
    const y = apply(tf.layers.batchNormalization({ name: `${name}_bn`, epsilon: 1e-5 }), x);
    return activation === 'linear' ? y : apply(tf.layers.reLU({ name: `${name}_relu` }), y);
  };
  const classify = (name: string, images: tfjs.SymbolicTensor, x: tfjs.SymbolicTensor, classes: number) => {
    const average = apply(tf.layers.globalAveragePooling2d({ name: 'average' }), x);
    const dense = { units: classes, activation: 'softmax', kernelInitializer: 'glorotUniform' } as const;
    return tf.model({ name, inputs: images, outputs: apply(tf.layers.dense({ name: 'dense', ...dense }), average) });
  };
  return { apply, imagesOf, convolution, norm, classify };
}
