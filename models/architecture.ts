/** The contract of an architecture: a function that builds an ordinary tf.js model. */
import type * as tf from '@tensorflow/tfjs';
import type { ImageShape } from '../data/index.ts';

/** The tf.js module. It is a parameter, so that a program that only needs a compiled plan never loads it. */
export type TensorFlow = typeof tf;

/**
 * Builds the model for images of this shape and this many classes; its last layer ends in softmax. Layer names become
 * weight names (`conv1/kernel`), and initializers say how the weights start. `compile` lists the layers it may use.
 */
export type Architecture = (tensorFlow: TensorFlow, input: ImageShape, classes: number) => tf.LayersModel;
