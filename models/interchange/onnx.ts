/**
 * A model as ONNX, operator set 17: a graph that reads pixels [N, H, W, C] and gives probabilities [N, K]. Within it maps
 * are [N, C, H, W], as ONNX has them, and a vector is a map of one pixel, so that a dense layer is a convolution of 1 × 1.
 * All padding is written out: 'same' is not symmetric where a stride leaves an odd number of pixels.
 * Source: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { printable } from '../../base/printable.ts';
import { UserError } from '../../base/user-error.ts';
import { inputsOf, type Plan, type PlanNode } from '../engine/plan.ts';
import { lowerings, type Attribute, type GraphBuilder } from './onnx-nodes.ts';
import { bytes, float, integer, message } from './protobuf.ts';
import type { ModelFile } from './tensors.ts';

const IR_VERSION = 8;
const OPERATOR_SET = 17;
const dataTypes = { float: 1, int64: 7 };
const attributeTypes = { float: 1, integer: 2, integers: 7 };

/**
 * The bytes of a `.onnx` file. The same tensors and metadata give the same bytes.
 * @throws UserError for a layer that ONNX has no operators for here
 */
export function encodeOnnx(plan: Plan, { tensors, metadata }: ModelFile): Buffer {
  const nodes: Buffer[] = [];
  const initializers: Buffer[] = [];
  const valuesOf = (name: string): Float32Array => tensors.find((one) => one.name === name)!.values;
  const outputs: string[] = [];
  // One layer may be several nodes, as a separable convolution is.
  const counts = new Map<string, number>();
  const unique = (name: string): string => {
    const count = counts.get(name) ?? 0;
    counts.set(name, count + 1);
    return count === 0 ? name : `${name}_${count}`;
  };
  const builder = (layer: string, input: PlanNode['output']): GraphBuilder => {
    return {
      input,
      weight(offset, length, otherwise) {
        const entry = plan.weights.find((weight) => weight.offset === offset);
        return entry === undefined ? new Float32Array(length).fill(otherwise) : valuesOf(entry.name);
      },
      statistic: (of, which) => valuesOf(`${of}/${which}`),
      constant(shape, values) {
        const name = unique(`${layer}/constant`);
        initializers.push(tensor(name, shape, values));
        return name;
      },
      operator(type, inputs, attributes = {}) {
        const output = unique(`${layer}/${type}`);
        nodes.push(operatorOf(type, inputs, output, attributes));
        return output;
      },
    };
  };
  for (const one of plan.nodes) {
    const lower = lowerings[one.kind] as
      | ((node: PlanNode, inputs: string[], graph: GraphBuilder) => string)
      | undefined;
    if (lower === undefined) {
      throw new UserError(
        `ONNX has no operator here for the layer ${printable(one.layer)} (${one.kind}): export the model as tfjs or safetensors.`,
      );
    }
    const sources = inputsOf(one);
    const first = sources.length > 0 ? plan.nodes[sources[0]].output : plan.input;
    outputs.push(
      lower(one, sources.length > 0 ? sources.map((id) => outputs[id]) : [INPUT], builder(one.layer, first)),
    );
  }
  const last = outputs[outputs.length - 1];
  nodes.push(
    operatorOf('Flatten', [last], 'logits', { axis: 1 }),
    operatorOf('Softmax', ['logits'], OUTPUT, { axis: 1 }),
  );
  const { height, width, channels } = plan.input;
  const graph = [
    ...nodes.map((one) => bytes(1, one)),
    bytes(2, plan.model),
    ...initializers.map((one) => bytes(5, one)),
    bytes(11, valueInfo(INPUT, [height, width, channels])),
    bytes(12, valueInfo(OUTPUT, [plan.classes])),
  ];
  const { producer = '' } = metadata;
  return Buffer.concat([
    integer(1, IR_VERSION),
    bytes(2, producer),
    message(7, ...graph),
    message(8, bytes(1, ''), integer(2, OPERATOR_SET)),
    ...Object.entries(metadata).map(([key, value]) => message(14, bytes(1, key), bytes(2, value))),
  ]);
}

const INPUT = 'pixels';
const OUTPUT = 'probabilities';

function operatorOf(
  type: string,
  inputs: readonly string[],
  output: string,
  attributes: Readonly<Record<string, Attribute>>,
): Buffer {
  return Buffer.concat([
    ...inputs.map((input) => bytes(1, input)),
    bytes(2, output),
    bytes(3, output),
    bytes(4, type),
    ...Object.entries(attributes).map(([name, value]) => message(5, bytes(1, name), ...attribute(value))),
  ]);
}

function attribute(value: Attribute): Buffer[] {
  if (typeof value === 'number') return [integer(3, value), integer(20, attributeTypes.integer)];
  if ('float' in value) return [float(2, value.float), integer(20, attributeTypes.float)];
  return [...value.map((one) => integer(8, one)), integer(20, attributeTypes.integers)];
}

function tensor(name: string, shape: readonly number[], values: Float32Array | readonly bigint[]): Buffer {
  const isFloat = values instanceof Float32Array;
  const raw = Buffer.alloc(values.length * (isFloat ? 4 : 8));
  values.forEach((value, i) =>
    typeof value === 'bigint' ? raw.writeBigInt64LE(value, 8 * i) : raw.writeFloatLE(value, 4 * i),
  );
  return Buffer.concat([
    ...shape.map((length) => integer(1, length)),
    integer(2, isFloat ? dataTypes.float : dataTypes.int64),
    bytes(8, name),
    bytes(9, raw),
  ]);
}

/** A float tensor whose first dimension is the number of images. */
function valueInfo(name: string, shape: readonly number[]): Buffer {
  const dimensions = [message(1, bytes(2, 'N')), ...shape.map((length) => message(1, integer(1, length)))];
  return Buffer.concat([
    bytes(1, name),
    message(2, message(1, integer(1, dataTypes.float), message(2, ...dimensions))),
  ]);
}
