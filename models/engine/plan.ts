/**
 * A compiled model: plain data that a worker thread can receive and an engine can run. Nothing is fused here; the
 * nodes say what the tf.js model says, in an order in which every node comes after its inputs.
 */
import type { ImageShape } from '../../data/index.ts';
import type { ActivationName } from './activations.ts';

/** One named slice of the flat weight vector, in the layout that tf.js uses for that weight. */
export interface WeightEntry {
  /** `<layer>/<weight>`, for example `conv1/kernel`. */
  readonly name: string;
  /** conv2d kernel [kh, kw, in, out] · depthwise kernel [kh, kw, channels, 1] · dense kernel [in, out] · bias, gamma, beta [channels]. */
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
  readonly initializer: Initializer;
}

/** How a weight starts. `uniform` draws from [−limit, limit), `normal` from N(0, deviation²) cut at two deviations. */
export type Initializer =
  | { readonly kind: 'constant'; readonly value: number }
  | { readonly kind: 'uniform'; readonly limit: number }
  | { readonly kind: 'truncatedNormal'; readonly deviation: number };

/** Index into `Plan.nodes`. */
export type NodeId = number;

interface NodeBase {
  /** Name of the tf.js layer it came from, for messages. */
  readonly layer: string;
  /** Shape of the node's output for one image; a flat vector of n values is 1 × 1 × n. */
  readonly output: ImageShape;
}

type Pair = readonly [height: number, width: number];

/**
 * 'valid': windows that would reach over the edge are left out. 'same': there are input / stride of them, rounded up, and
 * what lies beyond the edge is left out of a window.
 */
export type Padding = 'same' | 'valid';

interface Window {
  readonly input: NodeId;
  readonly poolSize: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
}

interface Convolution {
  readonly input: NodeId;
  readonly kernelSize: Pair;
  readonly strides: Pair;
  /** Pixels from one of the window's to the next: 1 where it has no holes. */
  readonly dilation: Pair;
  readonly padding: Padding;
  readonly kernel: number;
  readonly bias: number | null;
}

/** Offsets are positions in the flat weight vector; null where the layer has no such weight. */
export type PlanNode = NodeBase &
  (
    | { readonly kind: 'input' }
    | (Convolution & { readonly kind: 'conv2d' })
    /** Every channel has a window of its own: kernel [kh, kw, channels, 1]. */
    | (Convolution & { readonly kind: 'depthwiseConv2d' })
    | {
        readonly kind: 'batchNorm';
        readonly input: NodeId;
        readonly epsilon: number;
        readonly gamma: number | null;
        readonly beta: number | null;
        /** Offset of this node's channel means, and behind them its variances, in the statistics vector. */
        readonly statistics: number;
      }
    | {
        /** Every pixel is normalised by the mean and the biased variance of its own channels. */
        readonly kind: 'layerNorm';
        readonly input: NodeId;
        readonly epsilon: number;
        readonly gamma: number | null;
        readonly beta: number | null;
      }
    | { readonly kind: 'relu'; readonly input: NodeId }
    | {
        readonly kind: 'activation';
        readonly input: NodeId;
        readonly name: ActivationName;
        /** Below 0, of the leaky ReLU; 0 of the others. */
        readonly slope: number;
      }
    /** A leaky ReLU whose slopes below 0 are weights, one for each channel. */
    | { readonly kind: 'prelu'; readonly input: NodeId; readonly slopes: number }
    | ({ readonly kind: 'maxPool2d' } & Window)
    | ({ readonly kind: 'averagePool2d' } & Window)
    | { readonly kind: 'globalAveragePool'; readonly input: NodeId }
    | { readonly kind: 'globalMaxPool'; readonly input: NodeId }
    | {
        /** In training, each element is 0 with probability `rate` and else divided by 1 − rate; see dropout.ts. */
        readonly kind: 'dropout';
        readonly input: NodeId;
        /** In (0, 1). */
        readonly rate: number;
        /** Position among the plan's dropouts: each has its own random numbers. */
        readonly stream: number;
      }
    /** Two nodes of one shape. */
    | { readonly kind: 'add'; readonly inputs: readonly [NodeId, NodeId] }
    /** Two nodes of one shape, or one of them is a vector with a value for each channel of the other. */
    | { readonly kind: 'multiply'; readonly inputs: readonly [NodeId, NodeId] }
    /** Along the channels. */
    | { readonly kind: 'concat'; readonly inputs: readonly NodeId[] }
    | { readonly kind: 'zeroPad'; readonly input: NodeId; readonly top: number; readonly left: number }
    | { readonly kind: 'flatten'; readonly input: NodeId }
    | { readonly kind: 'dense'; readonly input: NodeId; readonly kernel: number; readonly bias: number | null }
  );

export type NodeOf<Kind extends PlanNode['kind']> = Extract<PlanNode, { kind: Kind }>;

export interface Plan {
  /** Name of the model, for example `digit-cnn`. */
  readonly model: string;
  readonly input: ImageShape;
  readonly classes: number;
  /** Slices of the weight vector, in order, without gaps. */
  readonly weights: readonly WeightEntry[];
  /** Number of weights, P. */
  readonly weightCount: number;
  /** Length of the statistics vector: a mean and a biased variance per channel of every batch norm. */
  readonly statisticsCount: number;
  /** The last node's output is the logits, one per class; softmax is the engine's part. */
  readonly nodes: readonly PlanNode[];
}

/** The nodes that a node reads, in order. */
export function inputsOf(node: PlanNode): readonly NodeId[] {
  if (node.kind === 'input') return [];
  return 'inputs' in node ? node.inputs : [node.input];
}

/** Pixels that a window spans, those in the holes of a dilated convolution included. */
export const spanOf = (node: Convolution | Window): Pair => {
  if ('poolSize' in node) return node.poolSize;
  const [height, width] = node.kernelSize.map((size, axis) => (size - 1) * node.dilation[axis] + 1);
  return [height, width];
};

/** Pixels of windows before the first row and the first column of an input; of an odd number, the larger half lies behind. */
export function leadingPadding(
  node: (Convolution | Window) & NodeBase,
  input: ImageShape,
): readonly [top: number, left: number] {
  const [height, width] = paddingOf(node, input);
  return [Math.floor(height / 2), Math.floor(width / 2)];
}

/** Pixels of windows behind the last row and the last column of an input. */
export function trailingPadding(
  node: (Convolution | Window) & NodeBase,
  input: ImageShape,
): readonly [bottom: number, right: number] {
  const [height, width] = paddingOf(node, input);
  return [Math.ceil(height / 2), Math.ceil(width / 2)];
}

/** Pixels of windows outside an input, before and behind it together. */
function paddingOf(node: (Convolution | Window) & NodeBase, input: ImageShape): Pair {
  if (node.padding === 'valid') return [0, 0];
  const { strides, output } = node;
  const span = spanOf(node);
  const outside = (size: number, outputs: number, axis: 0 | 1): number =>
    Math.max(0, (outputs - 1) * strides[axis] + span[axis] - size);
  return [outside(input.height, output.height, 0), outside(input.width, output.width, 1)];
}
