/**
 * A solution as a list of named tensors, which is how files of models hold weights. Names are those of tf.js:
 * `conv1/kernel`, `bn1/gamma`, `bn1/moving_mean`.
 */
import { printable, quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import type { Solution } from '../engine/network.ts';
import type { Plan } from '../engine/plan.ts';

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** What a file says about its model besides the tensors. */
export type Metadata = Readonly<Record<string, string>>;

/** What every format reads from a file. */
export interface ModelFile {
  readonly tensors: readonly NamedTensor[];
  readonly metadata: Metadata;
}

const PRODUCER = 'wide-optima';

/** Where a tensor lies in a solution. */
export interface Slot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly part: keyof Solution;
  readonly offset: number;
  readonly size: number;
}

/** All of a plan's tensors: the weights, then mean and variance of each batch norm, in the order of the two vectors. */
export function slotsOf(plan: Plan): Slot[] {
  const weights = plan.weights.map(({ name, shape, offset, size }): Slot => {
    return { name, shape, part: 'weights', offset, size };
  });
  const batchNorms = plan.nodes.filter((node) => node.kind === 'batchNorm');
  const statistics = batchNorms.flatMap(({ layer, output: { channels }, statistics: offset }): Slot[] => {
    const slot = { shape: [channels], part: 'statistics', size: channels } as const;
    const { mean, variance } = statisticNames(layer);
    return [
      { ...slot, name: mean, offset },
      { ...slot, name: variance, offset: offset + channels },
    ];
  });
  return [...weights, ...statistics];
}

/** What the tensors with the statistics of a batch norm are called. */
export const statisticNames = (layer: string): { readonly mean: string; readonly variance: string } => ({
  mean: `${layer}/moving_mean`,
  variance: `${layer}/moving_variance`,
});

/** The tensors of a solution; their values are views into it. */
export const namedTensors = (plan: Plan, solution: Solution): NamedTensor[] =>
  slotsOf(plan).map(({ name, shape, part, offset, size }) => {
    return { name, shape, values: solution[part].subarray(offset, offset + size) };
  });

/**
 * The solution that the tensors of a file make up. Batch-norm statistics are taken as they are: they must belong to
 * these weights, which is not checked.
 * @param file for messages
 * @throws UserError naming the tensor that is missing, unknown, there twice, of another shape, or of values that no
 *   network can have
 */
export function solutionOf(plan: Plan, tensors: readonly NamedTensor[], file: string): Solution {
  const slots = slotsOf(plan);
  const model = `the model ${plan.model} for ${sizes(inputSize(plan))} images and ${plan.classes} classes`;
  const fail = (what: string): UserError =>
    new UserError(`${file}: ${what}. Name the model to which the file belongs.`);
  const solution: Solution = {
    weights: new Float32Array(plan.weightCount),
    statistics: new Float32Array(plan.statisticsCount),
  };
  for (const { name, shape, part, offset } of slots) {
    const found = tensors.filter((tensor) => tensor.name === name);
    if (found.length !== 1) {
      throw fail(`expected the tensor "${name}" of ${model} once, found ${found.length === 0 ? 'none' : found.length}`);
    }
    const [tensor] = found;
    if (tensor.shape.join() !== shape.join()) {
      throw fail(`expected "${name}" of ${model} to have shape [${sizes(shape)}], got [${sizes(tensor.shape)}]`);
    }
    checkValues(tensor, file);
    solution[part].set(tensor.values, offset);
  }
  const unknown = tensors.find(({ name }) => slots.every((slot) => slot.name !== name));
  if (unknown) throw fail(`expected the tensors of ${model} alone, got ${quoted(unknown.name)} too`);
  return solution;
}

/** What a reader has to know to use the tensors, ours or another program. */
export const planMetadata = (plan: Plan): Metadata => ({
  producer: PRODUCER,
  ...identity(plan),
  pixels: 'float32 [image, height, width, channel], each byte divided by 255',
  output: 'softmax over the classes; a label is the index of the largest',
  kernels: 'convolution [height, width, in, out], dense [in, out]; flattening keeps the order height, width, channel',
  statistics: 'moving mean and variance (divided by n) were measured on the training images for exactly these weights',
});

/** Whether this program wrote the file. */
export const isOurs = ({ producer }: Metadata): boolean => producer === PRODUCER;

/**
 * Holds what one of our own files says about its model against the plan that it is to be used with.
 * @throws UserError naming the first thing that differs
 */
export function checkMetadata(plan: Plan, metadata: Metadata, file: string): void {
  if (!isOurs(metadata)) return;
  for (const [key, expected] of Object.entries(identity(plan))) {
    if (metadata[key] === expected) continue;
    throw new UserError(
      `${file}: expected a file of ${plan.model} with ${key} ${expected}, got ${quoted(metadata[key] ?? '')}. ` +
        'Name the model and the competition to which the file belongs (--model, --competition).',
    );
  }
}

/** @throws UserError if one of our own files was trained for other labels, or for the same in another order */
export function checkLabels(labels: readonly string[], metadata: Metadata, file: string): void {
  const expected = JSON.stringify(labels);
  const { labels: found } = metadata;
  if (!isOurs(metadata) || found === undefined || found === expected) return;
  throw new UserError(
    `${file}: expected a model for the labels ${printable(expected, 200)}, got one for ${printable(found, 200)}. ` +
      'Name the competition to which the file belongs.',
  );
}

/** Number of elements; NaN or infinite for a shape that no tensor can have. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1);

const identity = (plan: Plan): Metadata => ({
  model: plan.model,
  input: JSON.stringify(inputSize(plan)),
  classes: String(plan.classes),
});

const inputSize = ({ input }: Plan): number[] => [input.height, input.width, input.channels];

const sizes = (shape: readonly number[]): string => shape.join('×');

function checkValues({ name, values }: NamedTensor, file: string): void {
  const isVariance = name.endsWith('/moving_variance');
  const wrong = values.findIndex((value) => !Number.isFinite(value) || (isVariance && value < 0));
  if (wrong === -1) return;
  const expected = isVariance ? 'finite numbers of at least 0' : 'finite numbers';
  throw new UserError(
    `${file}: expected "${name}" to hold ${expected}, got ${values[wrong]} as element ${wrong}. ` +
      'Use a model whose training did not diverge.',
  );
}
