/** The flat weight vector: its initial values, and views of named weights. */
import { imageSize } from '../../data/index.ts';
import { random } from '../../numerics/random.ts';
import type { Random } from '../../numerics/random.ts';
import type { Initializer, Plan } from './plan.ts';
import { unknownName } from '../../base/own-value.ts';

const LARGEST_MEASURE_BATCH = 512;
const SMALLEST_MEASURE_BATCH = 16;
const MEASURE_BYTES = 128 * 2 ** 20;

/**
 * Images per forward pass of `Network.measure`: 512, or as many as keep the outputs of all nodes within 128 MiB, but
 * at least 16. A batch norm after another one gets activations that were normalised within their batch, so engines
 * agree on its statistics only if they split the images alike.
 */
export function measureBatchSize(plan: Plan): number {
  const values = plan.nodes.reduce((sum, node) => sum + imageSize(node.output), 0);
  const fitting = Math.floor(MEASURE_BYTES / (values * Float32Array.BYTES_PER_ELEMENT));
  return Math.min(LARGEST_MEASURE_BATCH, Math.max(SMALLEST_MEASURE_BATCH, fitting));
}

/**
 * Fresh weights. Every weight draws from its own stream, so adding a layer leaves the others' start unchanged.
 * @returns f32[P]
 * @example const weights = initialWeights(plan, 1);
 */
export function initialWeights(plan: Plan, seed: number): Float32Array {
  const weights = new Float32Array(plan.weightCount);
  for (const { name, offset, size, initializer } of plan.weights) {
    const stream = random(seed, 'init', name);
    for (let i = offset; i < offset + size; i += 1) weights[i] = draw(initializer, stream);
  }
  return weights;
}

/**
 * The named weight as a view into `vector`, not a copy: writing to it changes the vector.
 * @param vector f32[P], for example weights or a gradient
 * @throws RangeError when the plan has no such weight or the vector has another length
 * @example weight(plan, gradient, 'conv1/kernel')
 */
export function weight(plan: Plan, vector: Float32Array, name: string): Float32Array {
  const entry = plan.weights.find((candidate) => candidate.name === name);
  if (!entry) {
    throw new RangeError(
      unknownName(
        'weight',
        name,
        plan.weights.map((known) => known.name),
      ),
    );
  }
  if (vector.length !== plan.weightCount) {
    throw new RangeError(`Expected a vector of ${plan.weightCount} weights, got ${vector.length}.`);
  }
  return vector.subarray(entry.offset, entry.offset + entry.size);
}

function draw(initializer: Initializer, stream: Random): number {
  switch (initializer.kind) {
    case 'constant':
      return initializer.value;
    case 'uniform':
      return (2 * stream.float() - 1) * initializer.limit;
    case 'truncatedNormal': {
      let value = stream.normal();
      while (Math.abs(value) > 2) value = stream.normal();
      return value * initializer.deviation;
    }
  }
}
