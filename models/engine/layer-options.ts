/** Schemas of the options of tf.js layers, and their reader, which refuses unknown options. */
import type { layers } from '@tensorflow/tfjs';
import { z } from 'zod';
import { printable, quoted, shownJson } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { expectation } from '../../base/validate.ts';
import { initializer } from './initializers.ts';

/** Options of every layer. */
export const shared = {
  name: z.string(),
  trainable: z.literal(true),
  batchInputShape: z.unknown().optional(),
  dtype: z.literal('float32').optional(),
};
export const pair = z.tuple([z.int().positive(), z.int().positive()]);
export const activation = z.enum(['linear', 'relu', 'relu6', 'sigmoid', 'tanh', 'swish', 'gelu', 'softmax']);
export const windowPadding = z.enum(['same', 'valid']);
export const channelsLast = z.literal('channelsLast');
/** Options of the layers that normalise. */
export const scaleAndShift = {
  epsilon: z.number(),
  center: z.boolean(),
  scale: z.boolean(),
  gammaInitializer: initializer,
  betaInitializer: initializer,
  gammaRegularizer: z.null(),
  betaRegularizer: z.null(),
};
export const seed = z.null().optional();

export const biasAndActivation = {
  ...shared,
  activation,
  useBias: z.boolean(),
  biasInitializer: initializer,
  biasRegularizer: z.null(),
  activityRegularizer: z.null(),
  biasConstraint: z.null(),
};
export const kernelAndBias = {
  ...biasAndActivation,
  kernelInitializer: initializer,
  kernelRegularizer: z.null(),
  kernelConstraint: z.null(),
};

export const convolution = {
  kernelSize: pair,
  strides: pair,
  padding: windowPadding,
  dataFormat: channelsLast,
  dilationRate: pair,
};
export const depthwise = {
  depthMultiplier: z.literal(1),
  depthwiseInitializer: initializer,
  depthwiseRegularizer: z.null(),
  depthwiseConstraint: z.null(),
};

/**
 * The options of a layer, validated by `shape`.
 * @throws UserError for another value, or an option that `shape` lacks
 */
export function readOptions<Shape extends z.ZodRawShape>(
  layer: layers.Layer,
  shape: Shape,
): z.infer<z.ZodObject<Shape>> {
  const config = layer.getConfig();
  // Most schemas are used once, which is less work than to compile them.
  const result = z.strictObject(shape).safeParse(config, { reportInput: true, error: expectation, jitless: true });
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue.code === 'unrecognized_keys') {
    const [key] = issue.keys;
    throw refusal(layer, `option \`${printable(key)}\`: expected none of that name, got ${shownJson(config[key])}.`);
  }
  const { path, message, input } = issue;
  throw refusal(layer, `option \`${printable(path.join('.'))}\`: expected ${message}, got ${shownJson(input)}.`);
}

export const refusal = (layer: layers.Layer, reason: string): UserError =>
  new UserError(`Cannot compile the layer ${quoted(layer.name)} (${printable(layer.getClassName())}): ${reason}`);
