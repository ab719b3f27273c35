/**
 * The peephole over a plan's nodes: neighbours that one pass over memory can serve become one stage. What matches no
 * pattern is an error that names the layer.
 */
import type { ImageShape } from '../../data/images.ts';
import { UserError } from '../../data/user-error.ts';
import type { Plan, PlanNode } from './plan.ts';

type NodeOf<K extends PlanNode['kind']> = Extract<PlanNode, { kind: K }>;

export type Stage =
  | {
      /** conv2d 3×3 'same' → batch norm → ReLU → max pool 2×2 */
      readonly kind: 'convolutionBlock';
      readonly input: ImageShape;
      readonly convolution: NodeOf<'conv2d'>;
      readonly batchNorm: NodeOf<'batchNorm'>;
      readonly output: ImageShape;
    }
  | {
      /** dense, perhaps → ReLU */
      readonly kind: 'denseBlock';
      readonly input: ImageShape;
      readonly dense: NodeOf<'dense'>;
      readonly relu: boolean;
    };

/**
 * @returns stages in forward order; flattening costs nothing and vanishes
 * @throws UserError for a layer that the simd engine cannot run
 */
export function fuse(plan: Plan): Stage[] {
  const [input, ...nodes] = plan.nodes;
  if (input?.kind !== 'input') throw new RangeError('Expected a plan to start with its input node.');
  const stages: Stage[] = [];
  let shape = input.output;
  let at = 0;
  while (at < nodes.length) {
    const [node, second, third, fourth] = nodes.slice(at, at + 4);
    if (
      node?.kind === 'conv2d' &&
      second?.kind === 'batchNorm' &&
      third?.kind === 'relu' &&
      fourth?.kind === 'maxPool2d'
    ) {
      requireStandard(node, fourth);
      stages.push({
        kind: 'convolutionBlock',
        input: shape,
        convolution: node,
        batchNorm: second,
        output: fourth.output,
      });
      at += 4;
    } else if (node?.kind === 'dense') {
      const relu = second?.kind === 'relu';
      stages.push({ kind: 'denseBlock', input: shape, dense: node, relu });
      at += relu ? 2 : 1;
    } else if (node?.kind === 'flatten') {
      // Rows first, channels last is already the order of a flat vector: the next stage keeps seeing the pixels.
      at += 1;
      continue;
    } else {
      throw unsupported(node, 'here');
    }
    shape = nodes[at - 1].output;
  }
  return stages;
}

function requireStandard(convolution: NodeOf<'conv2d'>, pool: NodeOf<'maxPool2d'>): void {
  const { kernelSize, strides, padding, output } = convolution;
  if (kernelSize.join() !== '3,3') throw unsupported(convolution, `with a ${kernelSize.join('×')} kernel`);
  if (strides.join() !== '1,1') throw unsupported(convolution, `with strides ${strides.join('×')}`);
  if (padding !== 'same') throw unsupported(convolution, `with "${padding}" padding`);
  if (pool.poolSize.join() !== '2,2' || pool.strides.join() !== '2,2') {
    throw unsupported(pool, `of size ${pool.poolSize.join('×')} and strides ${pool.strides.join('×')}`);
  }
  if (output.height % 2 !== 0 || output.width % 2 !== 0) {
    throw unsupported(pool, `over ${output.height}×${output.width} pixels, an odd size,`);
  }
}

function unsupported(node: PlanNode, detail: string): UserError {
  return new UserError(
    `The simd engine cannot run layer "${node.layer}": ${node.kind} ${detail} is not supported. Use \`--engine tfjs\`.`,
  );
}
