/**
 * A compiled model: plain data that can be sent to a worker thread, and that engines run. The nodes are those of the
 * tf.js model in topological order, without fusion.
 */
import type { ImageShape } from '../../data/index.ts';
import type { ActivationName } from './activations.ts';

/** One named slice of the flat weight vector, in the layout that tf.js uses for that weight. */
export interface WeightEntry {
  /** `<layer>/<weight>`, for example `conv1/kernel`. */
  readonly name: string;
  /**
   * conv2d kernel [kh, kw, in, out] · depthwise kernel [kh, kw, channels, 1] · dense kernel [in, out] · bias, gamma,
   * beta [channels].
   */
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
  readonly initializer: Initializer;
}

/** Initial values. `uniform` draws from [−limit, limit), `normal` from N(0, deviation²) truncated at two deviations. */
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

/** For each channel of the input the mean that is subtracted and the deviation that divides, in units of byte / 255. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

type Pair = readonly [height: number, width: number];

/**
 * With 'valid' no window reaches beyond the edge. With 'same' there are ⌈input / stride⌉ windows, and pixels beyond the
 * edge do not count.
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
  /** Distance between neighbouring pixels of a window; 1 for a dense window. */
  readonly dilation: Pair;
  readonly padding: Padding;
  readonly kernel: number;
  readonly bias: number | null;
}

/** Offsets are indices into the flat weight vector; null if the layer has no such weight. */
export type PlanNode = NodeBase &
  /** Bytes become byte / 255, or (byte / 255 − mean) / deviation. */
  (
    | { readonly kind: 'input'; readonly normalization?: Normalization }
    | (Convolution & { readonly kind: 'conv2d' })
    /** Every channel has its own window: kernel [kh, kw, channels, 1]. */
    | (Convolution & { readonly kind: 'depthwiseConv2d' })
    | {
        readonly kind: 'batchNorm';
        readonly input: NodeId;
        readonly epsilon: number;
        readonly gamma: number | null;
        readonly beta: number | null;
        /** Offset of its channel means in the statistics vector. Its variances follow them. */
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
        /** Slope of the leaky ReLU below 0; 0 for other activations. */
        readonly slope: number;
      }
    /** A leaky ReLU with a trained slope below 0 for each channel. */
    | { readonly kind: 'prelu'; readonly input: NodeId; readonly slopes: number }
    | ({ readonly kind: 'maxPool2d' } & Window)
    | ({ readonly kind: 'averagePool2d' } & Window)
    | { readonly kind: 'globalAveragePool'; readonly input: NodeId }
    | { readonly kind: 'globalMaxPool'; readonly input: NodeId }
    | {
        /**
         * In training each element becomes 0 with probability `rate`, and is otherwise divided by 1 − rate; see
         * dropout.ts.
         */
        readonly kind: 'dropout';
        readonly input: NodeId;
        /** In (0, 1). */
        readonly rate: number;
        /** Index among the dropouts of the plan. Each has its own random numbers. */
        readonly stream: number;
      }
    /** The sum of two nodes of equal shape. */
    | { readonly kind: 'add'; readonly inputs: readonly [NodeId, NodeId] }
    /** The product of two nodes of equal shape, or of a map with a vector of one value for each channel. */
    | { readonly kind: 'multiply'; readonly inputs: readonly [NodeId, NodeId] }
    /** Concatenation along the channels. */
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
  /** Slices of the weight vector in their order, without gaps. */
  readonly weights: readonly WeightEntry[];
  /** Number of weights, P. */
  readonly weightCount: number;
  /** Length of the statistics vector: a mean and a biased variance for each channel of every batch norm. */
  readonly statisticsCount: number;
  /** The last node's output is the logits, one per class. Engines apply softmax. */
  readonly nodes: readonly PlanNode[];
}

/** The normalisation of the pixels, if the plan has one. */
export const normalizationOf = ({ nodes: [input] }: Pick<Plan, 'nodes'>): Normalization | undefined =>
  input.kind === 'input' ? input.normalization : undefined;

/** The plan with this normalisation of the pixels, or with none. */
export function withNormalization(plan: Plan, normalization: Normalization | undefined): Plan {
  const [{ layer, output }, ...others] = plan.nodes;
  return { ...plan, nodes: [{ layer, output, kind: 'input', ...(normalization && { normalization }) }, ...others] };
}

/** f32[channels × 256]: what each byte of each channel becomes; null where it is divided by 255 alone. */
export function valuesOfBytes(plan: Plan): Float32Array | null {
  const normalization = normalizationOf(plan);
  if (!normalization) return null;
  const { mean, deviation } = normalization;
  return Float32Array.from({ length: BYTES * mean.length }, (_, i) => {
    const channel = Math.floor(i / BYTES);
    return ((i % BYTES) / (BYTES - 1) - mean[channel]) / deviation[channel];
  });
}

const BYTES = 256;

/** The inputs of a node in their order. */
export function inputsOf(node: PlanNode): readonly NodeId[] {
  if (node.kind === 'input') return [];
  return 'inputs' in node ? node.inputs : [node.input];
}

/** Height and width of a window in pixels, with the holes of a dilated one. */
const spanOf = (node: Convolution | Window): Pair => {
  if ('poolSize' in node) return node.poolSize;
  const [height, width] = node.kernelSize.map((size, axis) => (size - 1) * node.dilation[axis] + 1);
  return [height, width];
};

/** Padding before the first row and the first column. If the padding is odd, the larger half is behind. */
export function leadingPadding(
  node: (Convolution | Window) & NodeBase,
  input: ImageShape,
): readonly [top: number, left: number] {
  const [height, width] = paddingOf(node, input);
  return [Math.floor(height / 2), Math.floor(width / 2)];
}

/** Padding behind the last row and the last column. */
export function trailingPadding(
  node: (Convolution | Window) & NodeBase,
  input: ImageShape,
): readonly [bottom: number, right: number] {
  const [height, width] = paddingOf(node, input);
  return [Math.ceil(height / 2), Math.ceil(width / 2)];
}

/** Total padding of rows and of columns. */
function paddingOf(node: (Convolution | Window) & NodeBase, input: ImageShape): Pair {
  if (node.padding === 'valid') return [0, 0];
  const { strides, output } = node;
  const span = spanOf(node);
  const outside = (size: number, outputs: number, axis: 0 | 1): number =>
    Math.max(0, (outputs - 1) * strides[axis] + span[axis] - size);
  return [outside(input.height, output.height, 0), outside(input.width, output.width, 1)];
}
