/** A dense layer of the simd engine. Its matrix products take the whole batch at once. */
import type { StageOf } from '../fuse.ts';
import type { KernelSpace } from './kernels.ts';
import { imageAddress, type Layer, type Neighbours } from './layer.ts';
import { createWeightMatrix, type Patches } from './weight-matrix.ts';

export function createDense(
  space: KernelSpace,
  { dense, bias, input: shape }: StageOf<'dense'>,
  { input, inputGradient, output, outputGradient }: Neighbours,
  capacity: number,
): Layer {
  const matrix = createWeightMatrix(space, {
    kernel: dense.kernel,
    bias,
    taps: 1,
    channels: shape.channels,
    paddedChannels: input.channels,
    outputs: dense.output.channels,
    mostRows: capacity,
    hasInputGradient: inputGradient !== null,
  });
  const rowsOf = (first: number, count: number): Patches => ({
    start: imageAddress(input, first),
    outerRows: 1,
    outerRow: 0,
    rows: count,
    row: input.imageBytes,
    outerColumns: 1,
    outerColumn: 0,
    columns: input.channels,
  });
  const forward = (first: number, count: number): void => {
    matrix.forward(rowsOf(first, count), imageAddress(output, first), output.imageBytes);
  };
  const backward = (first: number, count: number): void => {
    const dY = imageAddress(outputGradient, first);
    matrix.accumulate(rowsOf(first, count), dY, outputGradient.imageBytes);
    if (!inputGradient) return;
    matrix.backward(dY, outputGradient.imageBytes, imageAddress(inputGradient, first), inputGradient.imageBytes, count);
  };
  return {
    load: matrix.load,
    clear: matrix.clear,
    store: matrix.store,
    forward: () => [{ scope: 'batch', run: forward }],
    backward: [{ scope: 'batch', run: backward }],
  };
}
