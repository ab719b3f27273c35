/** A depthwise convolution as one layer of the simd engine. */
import type { StageOf } from '../fuse.ts';
import { leadingPadding } from '../plan.ts';
import { FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import { imageAddress, type Layer, type Neighbours, pixelsOf } from './layer.ts';

const DOUBLE_BYTES = 8;

export function createDepthwise(
  space: KernelSpace,
  { depthwise: node, input: shape, output: to }: StageOf<'depthwise'>,
  { input, inputGradient, output, outputGradient }: Neighbours,
): Layer {
  const { kernels } = space;
  const { channels } = to;
  const quads = quadsOf(channels);
  const padded = quads * LANES;
  const taps = node.kernelSize[0] * node.kernelSize[1];
  const weights = space.allocate(taps * padded * FLOAT_BYTES);
  const sums = space.allocate(taps * padded * DOUBLE_BYTES);
  const bias = space.allocate(padded * FLOAT_BYTES);
  const biasSums = space.allocate(padded * DOUBLE_BYTES);
  const window = [...node.kernelSize, ...node.strides, ...node.dilation, ...leadingPadding(node, shape), quads];
  const [from, into] = [
    [shape.height, shape.width],
    [to.height, to.width],
  ];
  const row = padded * FLOAT_BYTES;

  const forward = (first: number, count: number): void => {
    const [x, y] = [input, output].map((map) => imageAddress(map, first));
    kernels.depthwise(x, ...from, weights, bias, y, ...into, ...window, count);
  };
  const backward = (first: number, count: number): void => {
    const [x, dY] = [input, outputGradient].map((map) => imageAddress(map, first));
    kernels.depthwiseWeightGradient(x, ...from, sums, dY, ...into, ...window, count);
    if (node.bias !== null) kernels.addRows(dY, row, count * pixelsOf(to), quads, biasSums);
    if (!inputGradient) return;
    const dX = imageAddress(inputGradient, first);
    space.bytes(dX, count * inputGradient.imageBytes).fill(0);
    kernels.depthwiseInputGradient(dX, ...from, weights, dY, ...into, ...window, count);
  };

  return {
    load(flat) {
      const matrix = space.floats(weights, taps * padded);
      for (let tap = 0; tap < taps; tap++) {
        const at = node.kernel + tap * channels;
        matrix.set(flat.subarray(at, at + channels), tap * padded);
      }
      if (node.bias !== null) space.floats(bias, channels).set(flat.subarray(node.bias, node.bias + channels));
    },
    clear() {
      space.doubles(sums, taps * padded).fill(0);
      space.doubles(biasSums, padded).fill(0);
    },
    store(gradient) {
      const matrix = space.doubles(sums, taps * padded);
      for (let tap = 0; tap < taps; tap++) {
        gradient.set(matrix.subarray(tap * padded, tap * padded + channels), node.kernel + tap * channels);
      }
      if (node.bias !== null) gradient.set(space.doubles(biasSums, channels), node.bias);
    },
    forward: () => [{ scope: 'chunk', run: forward }],
    backward: [{ scope: 'chunk', run: backward }],
  };
}
