/** Reads the options of a tf.js layer; an option that no lowering knows is refused. */
import type { layers } from '@tensorflow/tfjs';
import { z } from 'zod';
import { printable, quoted, shownJson } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { expectation } from '../../base/validate.ts';

/** Layer options, checked by `shape`: an option with another value, or one that is not listed, is refused. */
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
