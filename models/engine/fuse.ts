/**
 * Fuses the nodes of a plan into stages of the simd engine: neighbours that share one pass over memory become one
 * stage, and every other node becomes a stage of its own. `describe` (describe.ts) shows the result.
 *
 *   conv2d 3×3 'same' → batchNorm → relu → maxPool2d 2×2   convolutionBlock
 *   batchNorm → relu                                       norm that cuts at zero
 *   conv2d or dense → batchNorm                            loses its bias: the norm takes the mean away
 *
 * A node is fused with the next one only if nothing else reads it.
 */
import type { ImageShape } from '../../data/index.ts';
import { inputsOf, leadingPadding, type NodeId, type NodeOf, type Plan, type PlanNode } from './plan.ts';

export type Stage = {
  /** The nodes whose outputs it reads. */
  readonly sources: readonly NodeId[];
  readonly nodes: readonly NodeId[];
  /** The last of its nodes, whose output it writes. */
  readonly id: NodeId;
  /** Shape of the first source. */
  readonly input: ImageShape;
  readonly output: ImageShape;
} & (
  | {
      readonly kind: 'convolutionBlock';
      readonly convolution: NodeOf<'conv2d'>;
      readonly batchNorm: NodeOf<'batchNorm'>;
    }
  | { readonly kind: 'convolution'; readonly convolution: NodeOf<'conv2d'>; readonly bias: number | null }
  | { readonly kind: 'dense'; readonly dense: NodeOf<'dense'>; readonly bias: number | null }
  | {
      readonly kind: 'norm';
      readonly batchNorm: NodeOf<'batchNorm'>;
      readonly relu: boolean;
      /** Offset of the bias of the layer before it, which that layer no longer adds; null if it has none. */
      readonly shift: number | null;
    }
  | {
      readonly kind: 'maxPool' | 'averagePool';
      readonly poolSize: Pair;
      readonly strides: Pair;
      readonly padding: Pair;
    }
  | { readonly kind: 'layerNorm'; readonly layerNorm: NodeOf<'layerNorm'> }
  | { readonly kind: 'dropout'; readonly dropout: NodeOf<'dropout'> }
  | { readonly kind: 'depthwise'; readonly depthwise: NodeOf<'depthwiseConv2d'> }
  | { readonly kind: 'zeroPad'; readonly top: number; readonly left: number }
  | { readonly kind: 'activation'; readonly activation: NodeOf<'activation'> }
  | { readonly kind: 'prelu'; readonly prelu: NodeOf<'prelu'> }
  | { readonly kind: 'relu' | 'add' | 'multiply' | 'concat' | 'flatten' }
);

export type StageOf<Kind extends Stage['kind']> = Extract<Stage, { kind: Kind }>;

type Pair = readonly [height: number, width: number];

/** @returns stages in topological order */
export function fuse(plan: Plan): Stage[] {
  const { nodes } = plan;
  if (nodes[0]?.kind !== 'input') throw new RangeError('Expected a plan to start with its input node.');
  const readers = nodes.map((): NodeId[] => []);
  for (const [id, node] of nodes.entries()) for (const source of inputsOf(node)) readers[source].push(id);

  /** The only node that reads `id`, if it is of this kind. */
  const next = (id: NodeId | undefined, kind: PlanNode['kind']): NodeId | undefined => {
    if (id === undefined || readers[id].length !== 1) return undefined;
    const [only] = readers[id];
    return nodes[only].kind === kind ? only : undefined;
  };

  const stages: Stage[] = [];
  const fused = new Set<NodeId>();
  for (const [id, node] of nodes.entries()) {
    if (fused.has(id) || node.kind === 'input') continue;
    const sources = inputsOf(node);
    const input = nodes[sources[0]].output;
    const place = { sources, nodes: [id], id, input, output: node.output };
    const placeWith = (...behind: NodeId[]) => {
      for (const other of behind) fused.add(other);
      const last = behind[behind.length - 1];
      return { ...place, nodes: [id, ...behind], id: last, output: nodes[last].output };
    };
    switch (node.kind) {
      case 'conv2d': {
        const norm = next(id, 'batchNorm');
        const relu = next(norm, 'relu');
        const pool = next(relu, 'maxPool2d');
        const batchNorm = norm === undefined ? undefined : (nodes[norm] as NodeOf<'batchNorm'>);
        if (batchNorm && pool !== undefined && isBlock(node, nodes[pool] as NodeOf<'maxPool2d'>)) {
          stages.push({ ...placeWith(norm!, relu!, pool), kind: 'convolutionBlock', convolution: node, batchNorm });
        } else {
          stages.push({ ...place, kind: 'convolution', convolution: node, bias: batchNorm ? null : node.bias });
        }
        break;
      }
      case 'dense': {
        const bias = next(id, 'batchNorm') === undefined ? node.bias : null;
        stages.push({ ...place, kind: 'dense', dense: node, bias });
        break;
      }
      case 'batchNorm': {
        const before = nodes[node.input];
        const isAlone = readers[node.input].length === 1;
        const shift = isAlone && (before.kind === 'conv2d' || before.kind === 'dense') ? before.bias : null;
        const relu = next(id, 'relu');
        const where = relu === undefined ? place : placeWith(relu);
        stages.push({ ...where, kind: 'norm', batchNorm: node, relu: relu !== undefined, shift });
        break;
      }
      case 'maxPool2d':
      case 'averagePool2d': {
        const { poolSize, strides } = node;
        const kind = node.kind === 'maxPool2d' ? 'maxPool' : 'averagePool';
        stages.push({ ...place, kind, poolSize, strides, padding: leadingPadding(node, input) });
        break;
      }
      case 'globalAveragePool':
      case 'globalMaxPool': {
        const kind = node.kind === 'globalMaxPool' ? 'maxPool' : 'averagePool';
        stages.push({ ...place, kind, poolSize: [input.height, input.width], strides: [1, 1], padding: [0, 0] });
        break;
      }
      case 'depthwiseConv2d':
        stages.push({ ...place, kind: 'depthwise', depthwise: node });
        break;
      case 'layerNorm':
        stages.push({ ...place, kind: 'layerNorm', layerNorm: node });
        break;
      case 'zeroPad':
        stages.push({ ...place, kind: 'zeroPad', top: node.top, left: node.left });
        break;
      case 'dropout':
        stages.push({ ...place, kind: 'dropout', dropout: node });
        break;
      case 'activation':
        stages.push({ ...place, kind: 'activation', activation: node });
        break;
      case 'prelu':
        stages.push({ ...place, kind: 'prelu', prelu: node });
        break;
      case 'relu':
      case 'add':
      case 'multiply':
      case 'concat':
      case 'flatten':
        stages.push({ ...place, kind: node.kind });
        break;
    }
  }
  return stages;
}

/** Whether it is a 3×3 convolution of stride 1 without dilation, with 'same' padding. */
export const isPlain3x3 = ({ kernelSize, strides, dilation, padding }: NodeOf<'conv2d'>): boolean =>
  kernelSize.join() === '3,3' && strides.join() === '1,1' && dilation.join() === '1,1' && padding === 'same';

/** Whether the kernels of the fused block can run this convolution and pool. */
function isBlock(convolution: NodeOf<'conv2d'>, pool: NodeOf<'maxPool2d'>): boolean {
  const { output } = convolution;
  const isHalving = pool.poolSize.join() === '2,2' && pool.strides.join() === '2,2';
  // For even sizes 'same' and 'valid' windows are equal.
  return isPlain3x3(convolution) && isHalving && output.height % 2 === 0 && output.width % 2 === 0;
}

const kindsWithWeights: ReadonlySet<Stage['kind']> = new Set([
  'convolutionBlock',
  'convolution',
  'depthwise',
  'dense',
  'norm',
  'layerNorm',
  'prelu',
]);

/** The nodes whose value depends on a weight, and whose gradient is needed. */
export function trainedNodes(stages: readonly Stage[]): Set<NodeId> {
  const found = new Set<NodeId>();
  for (const { kind, id, sources } of stages) {
    if (kindsWithWeights.has(kind) || sources.some((source) => found.has(source))) found.add(id);
  }
  return found;
}
