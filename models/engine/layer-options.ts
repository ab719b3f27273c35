/** Reads the options of tf.js layers. Unknown options are refused. */
import type { layers } from '@tensorflow/tfjs';
import { z } from 'zod';
import { printable, quoted, shownJson } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { expectation } from '../../base/validate.ts';

/**
 * The options of a layer, validated by `shape`.
 * @throws UserError for another value, or an option that `shape` lacks
 */
export function readOptions<Shape extends z.ZodRawShape>(
  layer: layers.Layer,
  shape: Shape,
): z.infer<z.ZodObject<Shape>> {
  const config = layer.getConfig();
  const result = z.strictObject(shape).safeParse(config, { reportInput: true, error: expectation });
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
