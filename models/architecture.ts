/** The contract of an architecture: a function that builds an ordinary tf.js model, and what to train it with. */
import type * as tf from '@tensorflow/tfjs';
import type { ImageShape } from '../data/index.ts';

/** The tf.js module. It is a parameter, so that a program that only needs a compiled plan never loads it. */
export type TensorFlow = typeof tf;

/** What an architecture is trained with where nobody says otherwise. */
export interface TrainingDefaults {
  readonly epochs: number;
  /**
   * Parameters of a training by their names, in place of those of the method: plain data here, since parameters belong to
   * training. What makes a method what it is, such as ρ of SAM, stays out.
   */
  readonly parameters: Readonly<Record<string, unknown>>;
}

/**
 * Builds the model for images of this shape and this many classes; its last layer ends in softmax. Layer names become
 * weight names (`conv1/kernel`), and initializers say how the weights start. `compile` lists the layers it may use.
 */
export interface Architecture {
  (tensorFlow: TensorFlow, input: ImageShape, classes: number): tf.LayersModel;
  /** Default: those of each method, and the epochs of each command. */
  readonly defaults?: TrainingDefaults;
}
