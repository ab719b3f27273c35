/** conv 3×3 'same', stride 1, between many channels and without a bias, as one layer of the simd engine: by Winograd. */
import type { StageOf } from '../fuse.ts';
import type { KernelSpace } from './kernels.ts';
import { allocateFeatureMap, imageAddress, type Layer, type Neighbours } from './layer.ts';
import { createHalo } from './elementwise.ts';
import { createSweeps, sweepsHalo, winogradPays } from './sweeps.ts';

type Convolution = StageOf<'convolution'>;

/** Whether the layer can run the stage, and faster than a product of patches and weights would. */
export function isFast3x3({ convolution, bias, input }: Convolution): boolean {
  const { kernelSize, strides, padding, output } = convolution;
  const isStandard = kernelSize.join() === '3,3' && strides.join() === '1,1' && padding === 'same';
  return isStandard && bias === null && winogradPays(input.channels, output.channels);
}

/**
 * The input has the zeros of `sweepsHalo` around it.
 * @param chunk the most images in a step of the scope 'chunk'
 */
export function createConvolution3x3(
  space: KernelSpace,
  stage: Convolution,
  { input, inputGradient, output, outputGradient }: Neighbours,
  chunk: number,
): Layer {
  const { convolution } = stage;
  const haloed = allocateFeatureMap(space, stage.output, chunk, sweepsHalo(stage));
  const maps = { input, output, outputGradient: haloed, inputGradient, moments: 0 };
  const sweeps = createSweeps(space, convolution.kernel, maps);
  const copyGradient = (first: number, count: number): void => {
    const from = { ...outputGradient, address: imageAddress(outputGradient, first) };
    createHalo(space, from, haloed).run(0, count);
  };
  return {
    load: (weights) => sweeps.load(weights),
    clear: () => sweeps.clear(),
    store: (gradient) => sweeps.store(gradient),
    forward: () => [{ scope: 'chunk', run: (first, count) => sweeps.forward(first, count, false) }],
    backward: [
      {
        scope: 'chunk',
        run(first, count) {
          copyGradient(first, count);
          sweeps.backward(first, count);
        },
      },
    ],
  };
}
