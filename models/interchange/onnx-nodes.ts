/** The operators of ONNX that each kind of node becomes. A new kind of layer is a function and a line here. */
import type { ActivationName } from '../engine/activations.ts';
import { leadingPadding, trailingPadding, type NodeOf, type PlanNode } from '../engine/plan.ts';

export type Attribute = number | readonly number[] | { readonly float: number };

/** What the lowering of a node may use. */
export interface GraphBuilder {
  /** The values of a weight by its offset in the weights; of `null` a vector of one value. */
  weight(offset: number | null, length: number, otherwise: number): Float32Array;
  statistic(layer: string, which: 'moving_mean' | 'moving_variance'): Float32Array;
  /** A constant tensor. @returns its name */
  constant(shape: readonly number[], values: Float32Array | readonly bigint[]): string;
  /** Adds an operator. @returns the name of its output */
  operator(type: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>): string;
  /** The shape of what a node reads first. */
  readonly input: PlanNode['output'];
}

/** @param inputs names of what the node reads @returns the name of its output */
type Lowering<Kind extends PlanNode['kind']> = (
  node: NodeOf<Kind>,
  inputs: readonly string[],
  graph: GraphBuilder,
) => string;

const TO_NCHW = [0, 3, 1, 2];
const TO_NHWC = [0, 2, 3, 1];

/** Kinds that are not here are refused. */
export const lowerings: { readonly [Kind in PlanNode['kind']]?: Lowering<Kind> } = {
  input({ normalization, output: { channels } }, [pixels], graph) {
    const x = graph.operator('Transpose', [pixels], { perm: TO_NCHW });
    if (!normalization) return x;
    const vector = (values: readonly number[]) => graph.constant([1, channels, 1, 1], Float32Array.from(values));
    const centred = graph.operator('Sub', [x, vector(normalization.mean)]);
    return graph.operator('Div', [centred, vector(normalization.deviation)]);
  },
  conv2d(node, [x], graph) {
    const { kernelSize, output } = node;
    const [h, w] = kernelSize;
    const [inputs, outputs] = [graph.input.channels, output.channels];
    // [kh, kw, in, out] becomes [out, in, kh, kw].
    const kernel = permuted(graph.weight(node.kernel, 0, 0), [h, w, inputs, outputs], [3, 2, 0, 1]);
    const weights = [graph.constant([outputs, inputs, h, w], kernel), ...biasOf(node, graph)];
    return graph.operator('Conv', [x, ...weights], windowOf(node, graph));
  },
  depthwiseConv2d(node, [x], graph) {
    const { kernelSize, output } = node;
    const [h, w] = kernelSize;
    // [kh, kw, channels, 1] becomes [channels, 1, kh, kw].
    const kernel = permuted(graph.weight(node.kernel, 0, 0), [h, w, output.channels, 1], [2, 3, 0, 1]);
    const weights = [graph.constant([output.channels, 1, h, w], kernel), ...biasOf(node, graph)];
    return graph.operator('Conv', [x, ...weights], { ...windowOf(node, graph), group: output.channels });
  },
  dense(node, [x], graph) {
    const [inputs, outputs] = [graph.input.channels, node.output.channels];
    const kernel = permuted(graph.weight(node.kernel, 0, 0), [inputs, outputs], [1, 0]);
    return graph.operator('Conv', [x, graph.constant([outputs, inputs, 1, 1], kernel), ...biasOf(node, graph)]);
  },
  batchNorm(node, [x], graph) {
    const { channels } = node.output;
    const vectors = [
      graph.weight(node.gamma, channels, 1),
      graph.weight(node.beta, channels, 0),
      graph.statistic(node.layer, 'moving_mean'),
      graph.statistic(node.layer, 'moving_variance'),
    ];
    const names = vectors.map((values) => graph.constant([channels], values));
    return graph.operator('BatchNormalization', [x, ...names], { epsilon: { float: node.epsilon } });
  },
  layerNorm(node, [x], graph) {
    const { channels } = node.output;
    const vectors = [graph.weight(node.gamma, channels, 1), graph.weight(node.beta, channels, 0)];
    const names = vectors.map((values) => graph.constant([channels], values));
    const pixels = graph.operator('Transpose', [x], { perm: TO_NHWC });
    const normalised = graph.operator('LayerNormalization', [pixels, ...names], {
      axis: -1,
      epsilon: { float: node.epsilon },
    });
    return graph.operator('Transpose', [normalised], { perm: TO_NCHW });
  },
  relu: (_node, [x], graph) => graph.operator('Relu', [x]),
  activation: (node, [x], graph) => activations[node.name](x, graph, node.slope),
  prelu(node, [x], graph) {
    const { channels } = node.output;
    return graph.operator('PRelu', [x, graph.constant([channels, 1, 1], graph.weight(node.slopes, channels, 0))]);
  },
  maxPool2d: (node, [x], graph) =>
    graph.operator('MaxPool', [x], {
      kernel_shape: node.poolSize,
      strides: node.strides,
      pads: paddingOf(node, graph.input),
    }),
  averagePool2d: (node, [x], graph) =>
    // What lies beyond the edge does not count.
    graph.operator('AveragePool', [x], {
      kernel_shape: node.poolSize,
      strides: node.strides,
      pads: paddingOf(node, graph.input),
      count_include_pad: 0,
    }),
  globalAveragePool: (_node, [x], graph) => graph.operator('GlobalAveragePool', [x]),
  globalMaxPool: (_node, [x], graph) => graph.operator('GlobalMaxPool', [x]),
  dropout: (_node, [x]) => x,
  add: (_node, inputs, graph) => graph.operator('Add', inputs),
  multiply: (_node, inputs, graph) => graph.operator('Mul', inputs),
  concat: (_node, inputs, graph) => graph.operator('Concat', inputs, { axis: 1 }),
  zeroPad({ top, left, output }, [x], graph) {
    const { height, width } = graph.input;
    const pads = [0, 0, top, left, 0, 0, output.height - height - top, output.width - width - left];
    return graph.operator('Pad', [x, graph.constant([8], pads.map(BigInt))]);
  },
  flatten({ output }, [x], graph) {
    const { height, width } = graph.input;
    if (height * width === 1) return x;
    const pixels = graph.operator('Transpose', [x], { perm: TO_NHWC });
    return graph.operator('Reshape', [pixels, graph.constant([4], [-1, output.channels, 1, 1].map(BigInt))]);
  },
};

const scalar = (graph: GraphBuilder, value: number): string => graph.constant([], Float32Array.of(value));

const activations: Readonly<Record<ActivationName, (x: string, graph: GraphBuilder, slope: number) => string>> = {
  relu6: (x, graph) => graph.operator('Clip', [x, scalar(graph, 0), scalar(graph, 6)]),
  leakyRelu: (x, graph, slope) => graph.operator('LeakyRelu', [x], { alpha: { float: slope } }),
  sigmoid: (x, graph) => graph.operator('Sigmoid', [x]),
  tanh: (x, graph) => graph.operator('Tanh', [x]),
  swish: (x, graph) => graph.operator('Mul', [x, graph.operator('Sigmoid', [x])]),
  // x (1 + erf(x / √2)) / 2: the operator Gelu belongs to a later set.
  gelu(x, graph) {
    const erf = graph.operator('Erf', [graph.operator('Mul', [x, scalar(graph, Math.SQRT1_2)])]);
    const half = graph.operator('Mul', [x, scalar(graph, 0.5)]);
    return graph.operator('Mul', [half, graph.operator('Add', [erf, scalar(graph, 1)])]);
  },
};

function windowOf(node: NodeOf<'conv2d'> | NodeOf<'depthwiseConv2d'>, graph: GraphBuilder) {
  const { kernelSize, strides, dilation } = node;
  return { kernel_shape: kernelSize, strides, dilations: dilation, pads: paddingOf(node, graph.input) };
}

function biasOf({ bias, output }: PlanNode & { readonly bias: number | null }, graph: GraphBuilder): string[] {
  return bias === null ? [] : [graph.constant([output.channels], graph.weight(bias, output.channels, 0))];
}

/** A tensor whose axis i is axis `order[i]` of the one given. */
function permuted(values: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const result = new Float32Array(values.length);
  const place = order.map(() => 0);
  for (let i = 0; i < result.length; i += 1) {
    result[i] = values[order.reduce((offset, axis, k) => offset + place[k] * strides[axis], 0)];
    for (let k = order.length - 1; k >= 0; k -= 1) {
      place[k] += 1;
      if (place[k] < shape[order[k]]) break;
      place[k] = 0;
    }
  }
  return result;
}

type Windowed = NodeOf<'conv2d'> | NodeOf<'depthwiseConv2d'> | NodeOf<'maxPool2d'> | NodeOf<'averagePool2d'>;

/** Rows and columns around an input: before the first ones and behind the last ones. */
const paddingOf = (node: Windowed, input: PlanNode['output']): readonly number[] => [
  ...leadingPadding(node, input),
  ...trailingPadding(node, input),
];
