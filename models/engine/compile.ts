/**
 * Lowers a tf.js model to a plan. The model may be sequential or functional, of the layers below, from one image to
 * one softmax; every option of a layer is either lowered or refused, none is ignored.
 */
import type { LayersModel, SymbolicTensor, layers } from '@tensorflow/tfjs';
import { z } from 'zod';
import { printable, quoted, shownJson } from '../../base/printable.ts';
import { expectation } from '../../base/validate.ts';
import type { ImageShape } from '../../data/index.ts';
import { UserError } from '../../base/user-error.ts';
import type { Initializer, NodeId, Plan, PlanNode, WeightEntry } from './plan.ts';

/** `Omit` that keeps the members of a union apart. */
type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** A node as its layer knows it; its place in the graph is added later. */
type Operation = Without<PlanNode, 'layer' | 'output' | 'input' | 'inputs'>;

interface LayerContext {
  readonly layer: layers.Layer;
  /** Shapes of what the layer reads; an input layer sees its own. */
  readonly input: ImageShape;
  readonly inputs: readonly ImageShape[];
  /** tf.js' output shape: [batch, height, width, channels] or [batch, features]. */
  readonly outputShape: SymbolicTensor['shape'];
  /** Appends a weight to the vector and returns its offset. */
  readonly weight: (name: string, shape: readonly number[], initializer: InitializerOptions) => number;
  /** Reserves a mean and a variance for each channel and returns their offset. */
  readonly statistics: (channels: number) => number;
  /** A number for each dropout, counted from 0. */
  readonly stream: () => number;
}

const shared = {
  name: z.string(),
  trainable: z.literal(true),
  batchInputShape: z.unknown().optional(),
  dtype: z.literal('float32').optional(),
};
const pair = z.tuple([z.int().positive(), z.int().positive()]);
const activation = z.enum(['linear', 'relu', 'softmax']);
const channelsLast = z.literal('channelsLast');
const seed = z.null().optional();
const initializer = z.discriminatedUnion('className', [
  z.object({ className: z.literal('Zeros') }),
  z.object({ className: z.literal('Ones') }),
  z.object({ className: z.literal('Constant'), config: z.object({ value: z.number() }) }),
  z.object({
    className: z.literal('RandomUniform'),
    config: z
      .object({ minval: z.number(), maxval: z.number(), seed })
      .refine(({ minval, maxval }) => minval === -maxval, 'expected minval = −maxval'),
  }),
  z.object({
    className: z.literal('TruncatedNormal'),
    config: z.object({ mean: z.literal(0), stddev: z.number(), seed }),
  }),
  z.object({
    className: z.literal('VarianceScaling'),
    config: z.object({
      scale: z.number(),
      mode: z.enum(['fanIn', 'fanOut', 'fanAvg']),
      distribution: z.enum(['uniform', 'normal']),
      seed,
    }),
  }),
]);
type InitializerOptions = z.infer<typeof initializer>;

const kernelAndBias = {
  ...shared,
  activation,
  useBias: z.boolean(),
  kernelInitializer: initializer,
  biasInitializer: initializer,
  kernelRegularizer: z.null(),
  biasRegularizer: z.null(),
  activityRegularizer: z.null(),
  kernelConstraint: z.null(),
  biasConstraint: z.null(),
};

/** One entry per layer class: checks the layer's options and returns what the layer does. */
const lowerings: Readonly<Record<string, (context: LayerContext) => Operation[]>> = {
  InputLayer: ({ layer, outputShape }) => {
    if (outputShape.length !== 4) throw refusal(layer, `expected input shape [height, width, channels].`);
    return [{ kind: 'input' }];
  },

  Conv2D: ({ layer, input, weight }) => {
    const options = readOptions(layer, {
      ...kernelAndBias,
      filters: z.int(),
      kernelSize: pair,
      strides: pair,
      padding: z.enum(['same', 'valid']),
      dataFormat: channelsLast,
      dilationRate: z.tuple([z.literal(1), z.literal(1)]),
    });
    const { kernelSize, strides, padding, filters } = options;
    const kernel = weight('kernel', [...kernelSize, input.channels, filters], options.kernelInitializer);
    const bias = options.useBias ? weight('bias', [filters], options.biasInitializer) : null;
    return [{ kind: 'conv2d', kernelSize, strides, padding, kernel, bias }, ...activate(options.activation)];
  },

  BatchNormalization: ({ layer, input, outputShape, weight, statistics }) => {
    const options = readOptions(layer, {
      ...shared,
      axis: z.literal([-1, outputShape.length - 1]),
      epsilon: z.number(),
      center: z.boolean(),
      scale: z.boolean(),
      gammaInitializer: initializer,
      betaInitializer: initializer,
      gammaRegularizer: z.null(),
      betaRegularizer: z.null(),
      gammaConstraint: z.null(),
      betaConstraint: z.null(),
      // Moving averages play no part: `Network.measure` computes the statistics of the very weights that predict.
      momentum: z.unknown(),
      movingMeanInitializer: z.unknown(),
      movingVarianceInitializer: z.unknown(),
    });
    const { channels } = input;
    const gamma = options.scale ? weight('gamma', [channels], options.gammaInitializer) : null;
    const beta = options.center ? weight('beta', [channels], options.betaInitializer) : null;
    return [{ kind: 'batchNorm', epsilon: options.epsilon, gamma, beta, statistics: statistics(channels) }];
  },

  ReLU: ({ layer }) => {
    readOptions(layer, { ...shared, maxValue: z.null().optional() });
    return activate('relu');
  },

  Activation: ({ layer }) => activate(readOptions(layer, { ...shared, activation }).activation),

  Softmax: ({ layer, outputShape }) => {
    readOptions(layer, { ...shared, axis: z.literal([-1, outputShape.length - 1]) });
    return activate('softmax');
  },

  MaxPooling2D: ({ layer }) => [{ kind: 'maxPool2d', ...readWindow(layer) }],
  AveragePooling2D: ({ layer }) => [{ kind: 'averagePool2d', ...readWindow(layer) }],

  GlobalAveragePooling2D: ({ layer }) => {
    readOptions(layer, { ...shared, dataFormat: channelsLast });
    return [{ kind: 'globalAveragePool' }];
  },

  Dropout: ({ layer, stream }) => {
    const rate = z.number().min(0).lt(1);
    const options = readOptions(layer, { ...shared, rate, noiseShape: z.null().optional(), seed });
    return options.rate === 0 ? [] : [{ kind: 'dropout', rate: options.rate, stream: stream() }];
  },

  Add: ({ layer, inputs }) => {
    readOptions(layer, shared);
    const shapes = inputs.map(({ height, width, channels }) => `${height}×${width}×${channels}`);
    if (shapes.length !== 2 || shapes[0] !== shapes[1]) {
      throw refusal(layer, `expected 2 inputs of the same shape, got ${shapes.join(' and ')}.`);
    }
    return [{ kind: 'add' }];
  },

  Flatten: ({ layer }) => {
    readOptions(layer, { ...shared, dataFormat: channelsLast.optional() });
    return [{ kind: 'flatten' }];
  },

  Dense: ({ layer, input, outputShape, weight }) => {
    const options = readOptions(layer, { ...kernelAndBias, units: z.int() });
    if (outputShape.length !== 2) throw refusal(layer, 'its input is an image. Put a Flatten layer before it.');
    const kernel = weight('kernel', [input.channels, options.units], options.kernelInitializer);
    const bias = options.useBias ? weight('bias', [options.units], options.biasInitializer) : null;
    return [{ kind: 'dense', kernel, bias }, ...activate(options.activation)];
  },
};

/**
 * The plan of a tf.js model. The weight vector holds the trainable weights of one layer after the other, in tf.js'
 * order (kernel, bias; gamma, beta) and layout. The values inside the model play no part, only its initializers do.
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
  for (const { sourceLayer: layer, shape: outputShape, inputs: sources } of tensors) {
    const lower = lowerings[layer.getClassName()];
    if (!lower) throw refusal(layer, `expected one of ${Object.keys(lowerings).join(', ')}.`);
    const isLast = layer === model.outputs[0].sourceLayer;
    if (endsInSoftmax(layer) !== isLast) {
      throw refusal(layer, 'expected softmax at the end of the model and only there.');
    }
    if (isLast && outputShape.length !== 2) throw refusal(layer, 'expected the model to end in a vector of classes.');

    const output = imageShape(layer, outputShape);
    let inputIds = sources.map(({ sourceLayer }) => nodeOf.get(sourceLayer)!);
    const inputs = inputIds.map((id) => nodes[id].output);
    const operations = lower({
      layer,
      input: inputs[0] ?? output,
      inputs,
      outputShape,
      weight(name, shape, options) {
        // tf.js numbers unnamed layers through the process, and a weight's name decides which random numbers it gets.
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
    });
    if (outputShape.includes(0)) throw refusal(layer, `its output is empty, [${outputShape.slice(1).join(', ')}].`);
    for (const operation of operations) {
      const place = { layer: layer.name, output };
      const reads = { input: {}, add: { inputs: inputIds } }[operation.kind as string] ?? { input: inputIds[0] };
      inputIds = [nodes.push({ ...place, ...operation, ...reads } as PlanNode) - 1];
    }
    nodeOf.set(layer, inputIds[0]);
  }

  const classes = nodes[nodes.length - 1].output.channels;
  return { model: model.name, input: nodes[0].output, classes, weights, weightCount, statisticsCount, nodes };
}

/**
 * Outputs of the model's layers, each behind those that it is computed from: the paths into a layer one after the
 * other, in the order of its inputs. Symbolic tensors know where they come from.
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

const readWindow = (layer: layers.Layer) => {
  const options = { ...shared, poolSize: pair, strides: pair, padding: z.literal('valid'), dataFormat: channelsLast };
  const { poolSize, strides } = readOptions(layer, options);
  return { poolSize, strides };
};

const hasDefaultName = (layer: layers.Layer): boolean => new RegExp(`_${layer.getClassName()}\\d+$`).test(layer.name);

const endsInSoftmax = (layer: layers.Layer): boolean =>
  layer.getClassName() === 'Softmax' || layer.getConfig().activation === 'softmax';

/** Softmax is no node: the plan ends in logits, and `compile` has checked that nothing comes behind it. */
const activate = (name: z.infer<typeof activation>): Operation[] => (name === 'relu' ? [{ kind: 'relu' }] : []);

function imageShape(layer: layers.Layer, shape: SymbolicTensor['shape']): ImageShape {
  const lengths = shape.slice(1).filter((length) => length !== null);
  if ((shape.length !== 2 && shape.length !== 4) || lengths.length !== shape.length - 1) {
    throw refusal(layer, `expected images or vectors of a fixed size, got shape [${shape.join(', ')}].`);
  }
  const [height, width, channels] = lengths.length === 1 ? [1, 1, lengths[0]] : lengths;
  return { height, width, channels };
}

/** Layer options, checked by `shape`: an option with another value, or one that is not listed, is refused. */
function readOptions<Shape extends z.ZodRawShape>(layer: layers.Layer, shape: Shape): z.infer<z.ZodObject<Shape>> {
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

const refusal = (layer: layers.Layer, reason: string): UserError =>
  new UserError(`Cannot compile the layer ${quoted(layer.name)} (${printable(layer.getClassName())}): ${reason}`);

/** tf.js' variance scaling uses the standard deviation √(scale/fan) before truncation, uniform the limit √(3·scale/fan). */
function lowerInitializer(options: InitializerOptions, shape: readonly number[]): Initializer {
  switch (options.className) {
    case 'Zeros':
      return { kind: 'constant', value: 0 };
    case 'Ones':
      return { kind: 'constant', value: 1 };
    case 'Constant':
      return { kind: 'constant', value: options.config.value };
    case 'RandomUniform':
      return { kind: 'uniform', limit: options.config.maxval };
    case 'TruncatedNormal':
      return { kind: 'truncatedNormal', deviation: options.config.stddev };
    case 'VarianceScaling': {
      const { scale, mode, distribution } = options.config;
      const [fanIn, fanOut] = fans(shape);
      const fan = { fanIn, fanOut, fanAvg: (fanIn + fanOut) / 2 }[mode];
      return distribution === 'uniform'
        ? { kind: 'uniform', limit: Math.sqrt((3 * scale) / fan) }
        : { kind: 'truncatedNormal', deviation: Math.sqrt(scale / fan) };
    }
  }
}

/** Number of inputs and outputs of one unit: kernels are […window, in, out]; a vector counts √size for both, as in tf.js. */
function fans(shape: readonly number[]): [fanIn: number, fanOut: number] {
  const size = shape.reduce((product, length) => product * length, 1);
  if (shape.length === 1) return [Math.sqrt(size), Math.sqrt(size)];
  return [size / shape[shape.length - 1], size / shape[shape.length - 2]];
}
