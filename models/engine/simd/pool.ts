/** Max or average pooling as one layer of the simd engine. The backward pass finds the maximum again. */
import type { StageOf } from '../fuse.ts';
import { type KernelSpace, quadsOf } from './kernels.ts';
import { imageAddress, type Layer, type Neighbours } from './layer.ts';

export function createPool(
  space: KernelSpace,
  stage: StageOf<'maxPool' | 'averagePool'>,
  { input, inputGradient, output, outputGradient }: Neighbours,
): Layer {
  const { kernels } = space;
  const { height, width, channels } = stage.output;
  const window = [height, width, ...stage.poolSize, ...stage.strides, ...stage.padding, quadsOf(channels)];
  const sizes = [stage.input.height, stage.input.width];
  const isMaximum = stage.kind === 'maxPool';
  const pool = isMaximum ? kernels.maxPool : kernels.averagePool;

  return {
    forward: () => [
      {
        scope: 'chunk',
        run: (first, count) =>
          pool(imageAddress(input, first), ...sizes, imageAddress(output, first), ...window, count),
      },
    ],
    backward: [
      {
        scope: 'chunk',
        run(first, count) {
          if (!inputGradient) return;
          const [dX, dY] = [imageAddress(inputGradient, first), imageAddress(outputGradient, first)];
          space.bytes(dX, count * inputGradient.imageBytes).fill(0);
          if (isMaximum) kernels.maxPoolGradient(imageAddress(input, first), dX, ...sizes, dY, ...window, count);
          else kernels.averagePoolGradient(dX, ...sizes, dY, ...window, count);
        },
      },
    ],
  };
}
