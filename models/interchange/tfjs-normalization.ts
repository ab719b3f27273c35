/** The normalisation of the pixels in tf.js: a batch norm that is not trained, with the variance in place of the deviation. */
import type { layers, LayersModel } from '@tensorflow/tfjs';
import { quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { type Normalization, type Plan, withNormalization } from '../engine/plan.ts';
import { checkNormalization } from './layers.ts';
import { type NamedTensor, statisticNames } from './tensors.ts';

/** The layer of a model that normalises the pixels. A model that compiles has at most one. */
export const normalizerOf = (model: LayersModel): layers.Layer | undefined =>
  model.layers.find((layer) => layer.getClassName() === 'BatchNormalization' && !layer.trainable);

/** The tensors of that layer, which change nothing where the plan does not normalise. */
export function tensorsOfNormalizer(model: LayersModel, normalization: Normalization | undefined): NamedTensor[] {
  const layer = normalizerOf(model);
  if (!layer) return [];
  const shape = [model.inputs[0].shape.at(-1)!];
  const names = statisticNames(layer.name);
  const { mean, deviation } = normalization ?? { mean: Array(shape[0]).fill(0), deviation: Array(shape[0]).fill(1) };
  return [
    { name: names.mean, shape, values: Float32Array.from(mean) },
    { name: names.variance, shape, values: Float32Array.from(deviation, squared) },
  ];
}

/**
 * The plan with the values of its normalizer, and the tensors of all other layers.
 * @throws UserError if the file lacks them, or they normalise nothing
 */
export function normalizedBy(
  normalizer: string,
  plan: Plan,
  tensors: readonly NamedTensor[],
  file: string,
): { plan: Plan; tensors: readonly NamedTensor[] } {
  const names = statisticNames(normalizer);
  const valuesOf = (name: string): Float32Array => {
    const found = tensors.find((tensor) => tensor.name === name);
    if (found?.values.length === plan.input.channels) return found.values;
    throw new UserError(
      `${file}: expected ${quoted(name)} to have a value for each channel, found ${found?.values.length ?? 'none'}. ` +
        'Export the model again.',
    );
  };
  const mean = Array.from(valuesOf(names.mean), (value) => shortest(value, (short) => short));
  const deviation = Array.from(valuesOf(names.variance), (value) => shortest(value, squared, Math.sqrt(value)));
  const normalization = { mean, deviation };
  checkNormalization(normalization, file);
  const changesNothing = mean.every((value) => value === 0) && deviation.every((value) => value === 1);
  return {
    plan: withNormalization(plan, changesNothing ? undefined : normalization),
    tensors: tensors.filter(({ name }) => !Object.values(names).includes(name)),
  };
}

const squared = (value: number): number => value * value;

/** The number with the fewest digits that the file stores as `stored`, so that an export is read back as it was. */
function shortest(stored: number, storedAs: (value: number) => number, exact = stored): number {
  for (let digits = 1; digits <= FLOAT_DIGITS; digits += 1) {
    const short = Number(exact.toPrecision(digits));
    if (Math.fround(storedAs(short)) === stored) return short;
  }
  return exact;
}

/** Digits that tell all numbers of 32 bits apart. */
const FLOAT_DIGITS = 9;
