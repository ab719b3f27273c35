/** The normalisation of pixels: which images have it, and the layer that stands for it. */
import type { layers } from '@tensorflow/tfjs';
import type { ImageShape } from '../../data/index.ts';
import type { TensorFlow } from '../architecture.ts';

/**
 * The layer behind the input that subtracts the mean of each channel and divides by its deviation; none for grey images.
 * It is a batch norm that is not trained, which every program with tf.js knows. `planFor` sets the values.
 */
export const normalization = (tf: TensorFlow, { channels }: ImageShape): layers.Layer[] =>
  channels === 1
    ? []
    : [
        tf.layers.batchNormalization({
          name: 'normalization',
          trainable: false,
          epsilon: 0,
          center: false,
          scale: false,
        }),
      ];
