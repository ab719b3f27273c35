/** dense, as one layer of the simd engine: its matrix products take the whole batch at once. */
import type { StageOf } from '../fuse.ts';
import type { KernelSpace } from './kernels.ts';
import { imageAddress, type Layer, type Neighbours } from './layer.ts';
import { createWeightMatrix } from './weight-matrix.ts';

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
  const forward = (first: number, count: number): void => {
    matrix.forward(imageAddress(input, first), input.imageBytes, imageAddress(output, first), output.imageBytes, count);
  };
  const backward = (first: number, count: number): void => {
    const dY = imageAddress(outputGradient, first);
    matrix.accumulate(imageAddress(input, first), input.imageBytes, dY, outputGradient.imageBytes, count);
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
