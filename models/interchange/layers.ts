/**
 * The layers of a plan as plain data, from which a program that knows nothing of this one rebuilds the network without a
 * guess. They stand in order, each behind those it reads. Numbers that a framework would derive in its own way, such as
 * the padding of a convolution, are written out. docs/other-programs.md says how to read them.
 */
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { parseJson } from '../../base/json.ts';
import { shownJson as shown } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import type { ImageShape } from '../../data/index.ts';
import {
  inputsOf,
  leadingPadding,
  type NodeOf,
  type Normalization,
  type Plan,
  type PlanNode,
  trailingPadding,
  withNormalization,
} from '../engine/plan.ts';
import { isOurs, type Metadata, statisticNames } from './tensors.ts';

export interface LayerDescription {
  readonly name: string;
  readonly kind: string;
  /** Positions in the list of the layers that it reads. */
  readonly inputs: readonly number[];
  /** Height, width and channels for one image; a vector is a map of one pixel. */
  readonly output: readonly [number, number, number];
  /** The names of its tensors in the file, by their part in the layer. */
  readonly weights?: Readonly<Record<string, string>>;
  /** What the kind has besides. */
  readonly [detail: string]: unknown;
}

/** A byte is divided by this before the first layer; then follows the normalisation, if there is one. */
const LARGEST_BYTE = 255;

/** All layers of a plan, and behind them the softmax over its logits. */
export function describeLayers(plan: Plan): LayerDescription[] {
  const layers = plan.nodes.map((node): LayerDescription => {
    const inputs = inputsOf(node);
    const input = plan.nodes[inputs[0]]?.output ?? plan.input;
    const weights = tensorsOf(node, plan);
    return {
      name: node.layer,
      kind: node.kind,
      inputs,
      output: [node.output.height, node.output.width, node.output.channels],
      ...(details[node.kind] as Details<PlanNode['kind']>)(node, input),
      ...(Object.keys(weights).length > 0 && { weights }),
    };
  });
  const softmax = { name: 'probabilities', kind: 'softmax', inputs: [layers.length - 1] };
  return [...layers, { ...softmax, output: [1, 1, plan.classes] }];
}

/**
 * Holds the layers that one of our own files names against the plan that it is to be used with.
 * @returns the plan with the normalisation of the file, which has none if it does not say so
 * @throws UserError naming the first layer that computes something else
 */
export function describedPlan(plan: Plan, metadata: Metadata, file: string): Plan {
  if (!isOurs(metadata) || metadata.layers === undefined) return withNormalization(plan, undefined);
  const found = parseJson(metadata.layers, `${file}: \`layers\``, 'Export the model again.');
  if (!Array.isArray(found)) {
    throw new UserError(`${file}: expected \`layers\` to be a list, got ${shown(found)}. Export the model again.`);
  }
  const numbers = z.array(z.number()).length(plan.input.channels);
  const normalization = z.object({ mean: numbers, deviation: numbers }).safeParse(found[0]).data;
  const described = withNormalization(plan, normalization);
  expectSameLayers(described, describeLayers(described), found, file);
  if (normalization) checkNormalization(normalization, file);
  return described;
}

/** @throws UserError if pixels cannot be normalised so */
export function checkNormalization({ mean, deviation }: Normalization, file: string): void {
  if (mean.every(Number.isFinite) && deviation.every((value) => Number.isFinite(value) && value > 0)) return;
  throw new UserError(
    `${file}: expected finite means and deviations above 0 of the pixels, got ${shown(mean)} and ${shown(deviation)}. ` +
      'Export the model again.',
  );
}

/**
 * @param wanted what the layers of `plan` are to be, in order
 * @throws UserError naming the first layer that differs
 */
export function expectSameLayers(
  plan: Plan,
  wanted: readonly unknown[],
  given: readonly unknown[],
  file: string,
): void {
  const length = Math.max(wanted.length, given.length);
  for (let i = 0; i < length; i += 1) {
    if (isDeepStrictEqual(wanted[i], given[i])) continue;
    const name = plan.nodes[Math.min(i, plan.nodes.length - 1)].layer;
    throw new UserError(
      `${file}: expected the layers of ${plan.model}, but they differ at "${name}": ` +
        `expected ${shown(wanted[i])}, got ${shown(given[i])}. ` +
        'Name the model to which the file belongs.',
    );
  }
}

/** @param input shape of what the node reads first */
type Details<Kind extends PlanNode['kind']> = (node: NodeOf<Kind>, input: ImageShape) => object;

/** What the kinds have besides inputs and weights. */
const details: { readonly [Kind in PlanNode['kind']]: Details<Kind> } = {
  input: ({ normalization }) => ({ divisor: LARGEST_BYTE, ...normalization }),
  conv2d: (node, input) => ({ ...convolution(node, input), groups: 1 }),
  depthwiseConv2d: (node, input) => ({ ...convolution(node, input), groups: node.output.channels }),
  dense: () => ({}),
  batchNorm: ({ epsilon }) => ({ epsilon }),
  layerNorm: ({ epsilon }) => ({ epsilon }),
  relu: () => ({}),
  activation: ({ name, slope }) => (name === 'leakyRelu' ? { activation: name, slope } : { activation: name }),
  prelu: () => ({}),
  maxPool2d: pool,
  averagePool2d: pool,
  globalAveragePool: () => ({}),
  globalMaxPool: () => ({}),
  dropout: ({ rate }) => ({ rate }),
  add: () => ({}),
  multiply: () => ({}),
  concat: () => ({}),
  zeroPad: ({ top, left, output }, input) => ({
    padding: { top, bottom: output.height - input.height - top, left, right: output.width - input.width - left },
  }),
  flatten: () => ({}),
};

type Windowed = NodeOf<'conv2d'> | NodeOf<'depthwiseConv2d'> | NodeOf<'maxPool2d'> | NodeOf<'averagePool2d'>;

function padding(node: Windowed, input: ImageShape) {
  const [top, left] = leadingPadding(node, input);
  const [bottom, right] = trailingPadding(node, input);
  return { top, bottom, left, right };
}

function convolution(node: NodeOf<'conv2d'> | NodeOf<'depthwiseConv2d'>, input: ImageShape) {
  const { kernelSize, strides, dilation } = node;
  return { kernelSize, strides, dilation, padding: padding(node, input) };
}

function pool(node: NodeOf<'maxPool2d'> | NodeOf<'averagePool2d'>, input: ImageShape) {
  const { poolSize, strides } = node;
  return { poolSize, strides, padding: padding(node, input) };
}

const parts = ['kernel', 'bias', 'gamma', 'beta', 'slopes'] as const;

function tensorsOf(node: PlanNode, plan: Plan): Record<string, string> {
  const offsets = node as Partial<Record<(typeof parts)[number], number | null>>;
  const weights = parts.flatMap((part) => {
    const entry = plan.weights.find(({ offset }) => offset === offsets[part]);
    return entry === undefined ? [] : [[part, entry.name]];
  });
  return { ...Object.fromEntries(weights), ...(node.kind === 'batchNorm' && statisticNames(node.layer)) };
}
