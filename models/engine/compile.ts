/**
 * Lowers a tf.js model to a plan. The model is sequential or functional, with one image as input and one vector as
 * output.
 */
import type { LayersModel, SymbolicTensor, layers } from '@tensorflow/tfjs';
import { printable, quoted } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import type { ImageShape } from '../../data/index.ts';
import type { Architecture, TensorFlow } from '../architecture.ts';
import { lowerInitializer } from './initializers.ts';
import { refusal } from './layer-options.ts';
import { lowerings } from './lowerings.ts';
import type { NodeId, NodeOf, Plan, PlanNode, WeightEntry } from './plan.ts';

/**
 * The plan of an architecture for images of this shape and this many classes.
 * @param id the name under which the architecture is registered
 * @throws UserError if it cannot be built, has another name or another number of outputs, or as `compile`
 */
export function compileArchitecture(
  tf: TensorFlow,
  id: string,
  build: Architecture,
  input: ImageShape,
  classes: number,
): Plan {
  const refuse = (reason: string, cause?: unknown): UserError =>
    new UserError(`The model ${quoted(id)}: ${reason} Look at its file in models/architectures.`, { cause });
  let model: LayersModel | undefined;
  try {
    model = build(tf, input, classes);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const images = `images of ${input.height}×${input.width}×${input.channels} and ${classes} classes`;
    throw refuse(`expected a network for ${images}, got an error: ${printable((error as Error).message)}.`, error);
  }
  if (!model?.outputs) throw refuse('expected its function to return a tf.js model, got something else.');
  try {
    const plan = compile(model);
    if (plan.model !== id) {
      throw refuse(`expected its network to have this name, got the name ${quoted(plan.model)}.`);
    }
    if (plan.classes !== classes) {
      throw refuse(`expected ${classes} outputs, one for each class, got ${plan.classes}.`);
    }
    return plan;
  } finally {
    model.dispose();
  }
}

/**
 * The plan of a tf.js model. The weight vector holds the trainable weights of one layer after the other, in tf.js'
 * order (kernel, bias; gamma, beta) and layout. Only the initializers of the model are used, not its weight values.
 * @throws UserError naming the layer and the option that cannot be compiled
 * @example const plan = compile(digitCnn(tf, { height: 28, width: 28, channels: 1 }, 10));
 */
export function compile(model: LayersModel): Plan {
  const nodes: PlanNode[] = [];
  const weights: WeightEntry[] = [];
  let [weightCount, statisticsCount, streams] = [0, 0, 0];
  /** The node that computes a layer's output. */
  const nodeOf = new Map<layers.Layer, NodeId>();

  const tensors = tensorsInOrder(model);
  const { sourceLayer: inputLayer } = model.inputs[0];
  for (const { sourceLayer: layer, shape: outputShape, inputs: sources } of tensors) {
    const lower = lowerings[layer.getClassName()];
    if (!lower) throw refusal(layer, `expected one of ${Object.keys(lowerings).join(', ')}.`);
    const isLast = layer === model.outputs[0].sourceLayer;
    if (endsInSoftmax(layer) && !isLast) throw refusal(layer, 'expected softmax only at the end of the model.');
    if (isLast && outputShape.length !== 2) throw refusal(layer, 'expected the model to end in a vector of classes.');
    if (isLast && isBounded(layer)) throw refusal(layer, 'expected softmax or no activation at the end of the model.');

    const output = imageShape(layer, outputShape);
    const inputIds = sources.map(({ sourceLayer }) => nodeOf.get(sourceLayer)!);
    const inputs = inputIds.map((id) => nodes[id].output);
    const operations = lower({
      layer,
      input: inputs[0] ?? output,
      inputs,
      outputShape,
      weight(name, shape, options) {
        // tf.js numbers unnamed layers of the whole process, and the name of a weight selects its random numbers.
        if (hasDefaultName(layer)) throw refusal(layer, 'expected a layer with weights to have a name of its own.');
        const offset = weightCount;
        const size = shape.reduce((product, length) => product * length, 1);
        const entry = { name: `${layer.name}/${name}`, shape, offset, size };
        weights.push({ ...entry, initializer: lowerInitializer(options, shape) });
        weightCount += size;
        return offset;
      },
      statistics(channels) {
        const offset = statisticsCount;
        statisticsCount += 2 * channels;
        return offset;
      },
      stream: () => streams++,
      normalize() {
        const readers = tensors.filter(({ inputs: all }) => all.some((one) => one.sourceLayer === inputLayer));
        if (readers.length > 1 || readers[0].sourceLayer !== layer) {
          const place = 'expected a batch norm that is not trained to be the only layer behind the input, ';
          throw refusal(layer, `${place}where it normalises the pixels.`);
        }
        const { channels } = nodes[0].output;
        const all = (value: number): number[] => Array.from({ length: channels }, () => value);
        nodes[0] = { ...(nodes[0] as NodeOf<'input'>), normalization: { mean: all(0), deviation: all(1) } };
      },
    });
    if (outputShape.some((length) => length !== null && length <= 0)) {
      const [, height, width] = model.inputs[0].shape;
      throw refusal(
        layer,
        `its output is empty, [${outputShape.slice(1).join(', ')}]. ` +
          `Images of ${height}×${width} are too small for this model: take larger ones, or another model.`,
      );
    }
    const others = inputIds.slice(1);
    let [last] = inputIds;
    for (const operation of operations) {
      const place = { layer: layer.name, output };
      last = nodes.push({ ...place, ...operation, ...readsOf(operation.kind, last, others) } as PlanNode) - 1;
    }
    nodeOf.set(layer, last);
  }

  const classes = nodes[nodes.length - 1].output.channels;
  return { model: model.name, input: nodes[0].output, classes, weights, weightCount, statisticsCount, nodes };
}

/**
 * Inputs of a node: the node before it and, for nodes of several inputs, the next one or all of `others`, which it
 * removes.
 */
function readsOf(kind: PlanNode['kind'], before: NodeId, others: NodeId[]): object {
  if (kind === 'input') return {};
  if (kind === 'add' || kind === 'multiply') return { inputs: [before, others.shift()!] };
  if (kind === 'concat') return { inputs: [before, ...others.splice(0)] };
  return { input: before };
}

/**
 * Outputs of the model's layers in topological order. The paths into a layer follow one after the other, in the order
 * of its inputs.
 */
function tensorsInOrder(model: LayersModel): SymbolicTensor[] {
  const refuse = (reason: string): UserError =>
    new UserError(`Cannot compile the model ${quoted(model.name)}: ${reason}`);
  if (model.inputs.length !== 1 || model.outputs.length !== 1) {
    throw refuse(`expected 1 input and 1 output, got ${model.inputs.length} and ${model.outputs.length}.`);
  }
  const tensors = new Set<SymbolicTensor>();
  const visit = (tensor: SymbolicTensor): void => {
    if (tensors.has(tensor)) return;
    tensor.inputs.forEach(visit);
    tensors.add(tensor);
  };
  visit(model.outputs[0]);
  const names = Array.from(tensors, (tensor) => tensor.sourceLayer.name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated !== undefined) throw refuse(`the layer ${quoted(repeated)} is used more than once.`);
  return [...tensors];
}

const hasDefaultName = (layer: layers.Layer): boolean => new RegExp(`_${layer.getClassName()}\\d+$`).test(layer.name);

/** Whether the layer cuts off or squeezes its values, which logits must not be. */
const isBounded = (layer: layers.Layer): boolean =>
  layer.getClassName().endsWith('LU') ||
  !['linear', 'softmax', undefined].includes(layer.getConfig().activation as string | undefined);

const endsInSoftmax = (layer: layers.Layer): boolean =>
  layer.getClassName() === 'Softmax' || layer.getConfig().activation === 'softmax';

function imageShape(layer: layers.Layer, shape: SymbolicTensor['shape']): ImageShape {
  const lengths = shape.slice(1).filter((length) => length !== null);
  if ((shape.length !== 2 && shape.length !== 4) || lengths.length !== shape.length - 1) {
    throw refusal(layer, `expected images or vectors of a fixed size, got shape [${shape.join(', ')}].`);
  }
  const [height, width, channels] = lengths.length === 1 ? [1, 1, lengths[0]] : lengths;
  return { height, width, channels };
}
