/** The interface of an architecture: a function that builds a tf.js model, and defaults for its training. */
import type * as tf from '@tensorflow/tfjs';
import type { ImageShape } from '../data/index.ts';

/** The tf.js module. It is a parameter, so that a program that only needs a compiled plan never loads it. */
export type TensorFlow = typeof tf;

/** Default parameters and epochs for training an architecture. */
export interface TrainingDefaults {
  readonly epochs: number;
  /**
   * Parameters by name, which replace the defaults of the method. They are plain data here, since the pipeline defines
   * parameters. Parameters that are specific to a method, such as ρ of SAM, do not belong here.
   */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/**
 * Builds the model for images of this shape and this many classes; its last layer ends in softmax. Layer names become
 * weight names (`conv1/kernel`), and initializers say how the weights start. `compile` lists the layers it may use.
 */
export interface Architecture {
  (tensorFlow: TensorFlow, input: ImageShape, classes: number): tf.LayersModel;
  /** Default: the defaults of each method, and the epochs of each command. */
  readonly defaults?: TrainingDefaults;
}
