/**
 * Lowers each layer class of tf.js to nodes of a plan. Every option of a layer is lowered or refused; none is ignored.
 */
import type { SymbolicTensor, layers } from '@tensorflow/tfjs';
import { z } from 'zod';
import type { ImageShape } from '../../data/index.ts';
import { initializer, type InitializerOptions } from './initializers.ts';
import {
  shared,
  pair,
  activation,
  windowPadding,
  channelsLast,
  scaleAndShift,
  seed,
  biasAndActivation,
  kernelAndBias,
  convolution,
  depthwise,
  readOptions,
  refusal,
} from './layer-options.ts';
import type { NodeOf, PlanNode } from './plan.ts';

/** `Omit` that distributes over a union. */
type Without<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

/** A node without its place in the graph, which `compile` adds. */
type Operation = Without<PlanNode, 'layer' | 'output' | 'input' | 'inputs'> & {
  /** Shape of its output. Default: that of the layer */
  readonly output?: ImageShape;
};

export interface LayerContext {
  readonly layer: layers.Layer;
  /** Shape of the first input; for an input layer its own. */
  readonly input: ImageShape;
  readonly inputs: readonly ImageShape[];
  /** tf.js' output shape: [batch, height, width, channels] or [batch, features]. */
  readonly outputShape: SymbolicTensor['shape'];
  /** Appends a weight to the vector and returns its offset. */
  readonly weight: (name: string, shape: readonly number[], initializer: InitializerOptions) => number;
  /** Reserves a mean and a variance for each channel and returns their offset. */
  readonly statistics: (channels: number) => number;
  /** Returns the next index of a dropout, from 0. */
  readonly stream: () => number;
  /** Lets the input normalise its pixels; it has the mean 0 and the deviation 1 until `withNormalization` sets others. */
  readonly normalize: () => void;
}

/** For each layer class a function that checks the options of a layer and returns its nodes. */
export const lowerings: Readonly<Record<string, (context: LayerContext) => Operation[]>> = {
  InputLayer: ({ layer, outputShape }) => {
    if (outputShape.length !== 4) throw refusal(layer, `expected input shape [height, width, channels].`);
    return [{ kind: 'input' }];
  },

  Conv2D: ({ layer, input, weight }) => {
    const options = readOptions(layer, { ...kernelAndBias, ...convolution, filters: z.int() });
    const { kernelSize, filters } = options;
    const kernel = weight('kernel', [...kernelSize, input.channels, filters], options.kernelInitializer);
    const bias = options.useBias ? weight('bias', [filters], options.biasInitializer) : null;
    return [{ kind: 'conv2d', ...readSteps(layer, options), kernel, bias }, ...activate(options.activation)];
  },

  DepthwiseConv2D: ({ layer, input, weight }) => {
    const options = readOptions(layer, { ...biasAndActivation, ...convolution, ...depthwise });
    const { kernelSize, dilationRate } = options;
    if (Math.max(...dilationRate) > 1) {
      const reason = 'expected 1, since tf.js leaves it out of this layer. Take `separableConv2d`, which has it.';
      throw refusal(layer, `option \`dilationRate\`: ${reason}`);
    }
    const kernel = weight('depthwise_kernel', [...kernelSize, input.channels, 1], options.depthwiseInitializer);
    const bias = options.useBias ? weight('bias', [input.channels], options.biasInitializer) : null;
    return [{ kind: 'depthwiseConv2d', ...readSteps(layer, options), kernel, bias }, ...activate(options.activation)];
  },

  SeparableConv2D: ({ layer, input, outputShape, weight }) => {
    const options = readOptions(layer, {
      ...biasAndActivation,
      ...convolution,
      ...depthwise,
      depthMultiplier: z.unknown().optional(),
      filters: z.int(),
      pointwiseInitializer: initializer,
      pointwiseRegularizer: z.null(),
      pointwiseConstraint: z.null(),
    });
    const { kernelSize, filters } = options;
    const { channels } = input;
    const [height, width] = outputShape.slice(1).map(Number);
    const window = weight('depthwise_kernel', [...kernelSize, channels, 1], options.depthwiseInitializer);
    const kernel = weight('pointwise_kernel', [1, 1, channels, filters], options.pointwiseInitializer);
    const bias = options.useBias ? weight('bias', [filters], options.biasInitializer) : null;
    const between = { height, width, channels };
    // The configuration of this layer lacks `depthMultiplier`, so it is read from the shape of the kernel.
    const multiplier = layer.weights[0].shape[3];
    if (multiplier !== 1) throw refusal(layer, `option \`depthMultiplier\`: expected 1, got ${multiplier}.`);
    return [
      { kind: 'depthwiseConv2d', ...readSteps(layer, options), kernel: window, bias: null, output: between },
      { kind: 'conv2d', kernelSize: [1, 1], strides: [1, 1], dilation: [1, 1], padding: 'valid', kernel, bias },
      ...activate(options.activation),
    ];
  },

  BatchNormalization: ({ layer, input, outputShape, weight, statistics, normalize }) => {
    const shape = {
      ...shared,
      axis: z.literal([-1, outputShape.length - 1]),
      ...scaleAndShift,
      gammaConstraint: z.null(),
      betaConstraint: z.null(),
      // Moving averages are not used: `Network.measure` computes the statistics.
      momentum: z.unknown(),
      movingMeanInitializer: z.unknown(),
      movingVarianceInitializer: z.unknown(),
    };
    if (!layer.trainable) {
      const fixed = { trainable: z.literal(false), epsilon: z.literal(0) };
      readOptions(layer, { ...shape, ...fixed, center: z.literal(false), scale: z.literal(false) });
      normalize();
      return [];
    }
    const options = readOptions(layer, shape);
    return [
      { kind: 'batchNorm', ...readScaleAndShift(options, input, weight), statistics: statistics(input.channels) },
    ];
  },

  LayerNormalization: ({ layer, input, outputShape, weight }) => {
    const last = z.literal([-1, outputShape.length - 1], 'the last axis, the channels');
    const options = readOptions(layer, {
      ...shared,
      axis: z.union([last, z.tuple([last])], 'the last axis, the channels'),
      ...scaleAndShift,
      // In tf.js 4.22 this layer has no constraints.
      supportsMasking: z.unknown().optional(),
    });
    return [{ kind: 'layerNorm', ...readScaleAndShift(options, input, weight) }];
  },

  ReLU: ({ layer }) => {
    const { maxValue } = readOptions(layer, { ...shared, maxValue: z.literal([null, 6]).optional() });
    return activate(maxValue === 6 ? 'relu6' : 'relu');
  },

  LeakyReLU: ({ layer }) => {
    const { alpha } = readOptions(layer, { ...shared, alpha: z.number().min(0) });
    return [{ kind: 'activation', name: 'leakyRelu', slope: alpha }];
  },

  PReLU: ({ layer, input, outputShape, weight }) => {
    const isImage = outputShape.length === 4;
    const options = readOptions(layer, {
      ...shared,
      alphaInitializer: initializer,
      alphaRegularizer: z.null(),
      alphaConstraint: z.null(),
      // One slope for each channel.
      sharedAxes: isImage ? z.tuple([z.literal(1), z.literal(2)]) : z.null().optional(),
    });
    const shape = isImage ? [1, 1, input.channels] : [input.channels];
    return [{ kind: 'prelu', slopes: weight('alpha', shape, options.alphaInitializer) }];
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

  GlobalMaxPooling2D: ({ layer }) => {
    readOptions(layer, { ...shared, dataFormat: channelsLast });
    return [{ kind: 'globalMaxPool' }];
  },

  ZeroPadding2D: ({ layer }) => {
    const sides = z.tuple([z.int().min(0), z.int().min(0)]);
    const { padding } = readOptions(layer, { ...shared, padding: z.tuple([sides, sides]), dataFormat: channelsLast });
    const [[top], [left]] = padding;
    return [{ kind: 'zeroPad', top, left }];
  },

  Dropout: ({ layer, stream }) => {
    const rate = z.number().min(0).lt(1);
    const options = readOptions(layer, { ...shared, rate, noiseShape: z.null().optional(), seed });
    return options.rate === 0 ? [] : [{ kind: 'dropout', rate: options.rate, stream: stream() }];
  },

  Add: ({ layer, inputs }) => {
    readOptions(layer, shared);
    const shapes = inputs.map(shapeText);
    if (new Set(shapes).size > 1) {
      throw refusal(layer, `expected inputs of the same shape, got ${shapes.join(' and ')}.`);
    }
    return inputs.slice(1).map(() => ({ kind: 'add' }));
  },

  Multiply: ({ layer, inputs }) => {
    readOptions(layer, shared);
    const shapes = inputs.map(shapeText);
    const [a, b] = inputs;
    const isGated =
      inputs.length === 2 && a.channels === b.channels && [a, b].some((map) => map.height * map.width === 1);
    if (new Set(shapes).size > 1 && !isGated) {
      throw refusal(
        layer,
        `expected inputs of the same shape, or two with a value for each channel in one, got ${shapes.join(' and ')}.`,
      );
    }
    return inputs.slice(1).map(() => ({ kind: 'multiply' }));
  },

  Concatenate: ({ layer, inputs, outputShape }) => {
    readOptions(layer, { ...shared, axis: z.literal([-1, outputShape.length - 1]) });
    const sizes = new Set(inputs.map(({ height, width }) => `${height}×${width}`));
    if (sizes.size > 1) throw refusal(layer, `expected inputs of one size, got ${[...sizes].join(' and ')}.`);
    return [{ kind: 'concat' }];
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

const shapeText = ({ height, width, channels }: ImageShape): string => `${height}×${width}×${channels}`;

const readScaleAndShift = (
  { epsilon, scale, center, gammaInitializer, betaInitializer }: z.output<z.ZodObject<typeof scaleAndShift>>,
  { channels }: ImageShape,
  weight: LayerContext['weight'],
) => ({
  epsilon,
  gamma: scale ? weight('gamma', [channels], gammaInitializer) : null,
  beta: center ? weight('beta', [channels], betaInitializer) : null,
});

const readWindow = (layer: layers.Layer) => {
  const options = { ...shared, poolSize: pair, strides: pair, padding: windowPadding, dataFormat: channelsLast };
  const { poolSize, strides, padding } = readOptions(layer, options);
  return { poolSize, strides, padding };
};

type Steps = Pick<NodeOf<'conv2d'>, 'kernelSize' | 'strides' | 'padding'> & {
  dilationRate: NodeOf<'conv2d'>['dilation'];
};

const readSteps = (layer: layers.Layer, { kernelSize, strides, padding, dilationRate: dilation }: Steps) => {
  if (Math.max(...strides) > 1 && Math.max(...dilation) > 1) {
    const reason = `expected \`strides\` or \`dilationRate\` to be 1, got ${strides.join('×')} and ${dilation.join('×')}.`;
    throw refusal(layer, reason);
  }
  return { kernelSize, strides, dilation, padding };
};

/**
 * Nodes of an activation. Softmax is none: the plan ends in logits, and `compile` has checked that nothing follows it.
 */
function activate(name: z.infer<typeof activation>): Operation[] {
  if (name === 'linear' || name === 'softmax') return [];
  return name === 'relu' ? [{ kind: 'relu' }] : [{ kind: 'activation', name, slope: 0 }];
}
