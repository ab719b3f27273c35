/** Describes a plan and its stages in the simd engine, for printing. */
import type { ImageShape } from '../../data/index.ts';
import { fuse, type Stage } from './fuse.ts';
import { measureBatchSize } from './layout.ts';
import type { Plan, PlanNode } from './plan.ts';
import { FLOAT_BYTES, LANES, quadsOf } from './simd/kernels.ts';
import { memoryBytes } from './simd/program.ts';

export interface StageDescription {
  readonly stage: Stage['kind'];
  /** Its nodes, as `<layer> <kind>`. */
  readonly nodes: readonly string[];
  /** The layers whose outputs it reads. */
  readonly sources: readonly string[];
  readonly output: ImageShape;
  /** Number of trained weights. */
  readonly weights: number;
  /** Size of its output for one image, with channels padded to whole registers. */
  readonly outputBytes: number;
}

export interface PlanDescription {
  readonly stages: readonly StageDescription[];
  /** Memory that does not depend on the batch size, and memory for each image of a batch. */
  readonly fixedBytes: number;
  readonly bytesPerImage: number;
  readonly measureBatchSize: number;
}

/**
 * @example describe(plan).stages.map(({ stage }) => stage) // ['convolutionBlock', 'convolutionBlock', 'flatten',
 *   'dense']
 */
export function describe(plan: Plan): PlanDescription {
  const one = memoryBytes(plan, 1);
  const bytesPerImage = memoryBytes(plan, 2) - one;
  const stages = fuse(plan).map(({ kind, nodes, sources, output }): StageDescription => {
    const trained = nodes.map((id) => plan.nodes[id]).filter(hasWeights);
    const layers = new Set(trained.map(({ layer }) => layer));
    const weights = plan.weights.filter(({ name }) => layers.has(name.slice(0, name.lastIndexOf('/'))));
    return {
      stage: kind,
      nodes: nodes.map((id) => `${plan.nodes[id].layer} ${plan.nodes[id].kind}`),
      sources: sources.map((id) => plan.nodes[id].layer),
      output,
      weights: weights.reduce((sum, { size }) => sum + size, 0),
      outputBytes: output.height * output.width * quadsOf(output.channels) * LANES * FLOAT_BYTES,
    };
  });
  return { stages, fixedBytes: one - bytesPerImage, bytesPerImage, measureBatchSize: measureBatchSize(plan) };
}

const hasWeights = ({ kind }: PlanNode): boolean => kindsWithWeights.has(kind);
const kindsWithWeights: ReadonlySet<PlanNode['kind']> = new Set([
  'conv2d',
  'depthwiseConv2d',
  'dense',
  'batchNorm',
  'layerNorm',
  'prelu',
]);
