/**
 * A compiled model: plain data that a worker thread can receive and an engine can run. Nothing is fused here; the
 * nodes say what the tf.js model says, in an order in which every node comes after its inputs.
 */
import type { ImageShape } from '../../data/images.ts';

/** One named slice of the flat weight vector, in the layout that tf.js uses for that weight. */
export interface WeightEntry {
  /** `<layer>/<weight>`, for example `conv1/kernel`. */
  readonly name: string;
  /** conv2d kernel [kh, kw, in, out] · dense kernel [in, out] · bias, gamma, beta [channels]. */
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

/** Offsets are positions in the flat weight vector; null where the layer has no such weight. */
export type PlanNode = NodeBase &
  (
    | { readonly kind: 'input' }
    | {
        readonly kind: 'conv2d';
        readonly input: NodeId;
        readonly kernelSize: readonly [height: number, width: number];
        readonly strides: readonly [height: number, width: number];
        readonly padding: 'same' | 'valid';
        readonly kernel: number;
        readonly bias: number | null;
      }
    | {
        readonly kind: 'batchNorm';
        readonly input: NodeId;
        readonly epsilon: number;
        readonly gamma: number | null;
        readonly beta: number | null;
        /** Offset of this node's channel means, and behind them its variances, in the statistics vector. */
        readonly statistics: number;
      }
    | { readonly kind: 'relu'; readonly input: NodeId }
    | {
        readonly kind: 'maxPool2d';
        readonly input: NodeId;
        readonly poolSize: readonly [height: number, width: number];
        readonly strides: readonly [height: number, width: number];
      }
    | { readonly kind: 'flatten'; readonly input: NodeId }
    | { readonly kind: 'dense'; readonly input: NodeId; readonly kernel: number; readonly bias: number | null }
  );

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
