/** conv 3×3 'same', stride 1, between many channels and without bias, by Winograd, as one layer of the simd engine. */
import { isPlain3x3, type StageOf } from '../fuse.ts';
import type { KernelSpace } from './kernels.ts';
import { allocateFeatureMap, type Layer, type Neighbours } from './layer.ts';
import { createHalo } from './elementwise.ts';
import { createSweeps, sweepsHalo, winogradPays } from './sweeps.ts';

type Convolution = StageOf<'convolution'>;

/** Whether this layer can run the stage, and is faster than a matrix product of patches and weights. */
export const isFast3x3 = ({ convolution, bias, input }: Convolution): boolean =>
  isPlain3x3(convolution) && bias === null && winogradPays(input.channels, convolution.output.channels);

/**
 * The input has a halo of `sweepsHalo`, and the gradient of the output may have one.
 * @param chunk most images in a step of the scope 'chunk'
 */
export function createConvolution3x3(
  space: KernelSpace,
  stage: Convolution,
  { input, inputGradient, output, outputGradient }: Neighbours,
  chunk: number,
): Layer {
  const { convolution } = stage;
  const isHaloed = outputGradient.halo > 0;
  const haloed = isHaloed ? outputGradient : allocateFeatureMap(space, stage.output, chunk, sweepsHalo(stage));
  const maps = { input, output, outputGradient: haloed, inputGradient, moments: 0 };
  const sweeps = createSweeps(space, convolution.kernel, maps);
  return {
    load: (weights) => sweeps.load(weights),
    clear: () => sweeps.clear(),
    store: (gradient) => sweeps.store(gradient),
    forward: () => [{ scope: 'chunk', run: (first, count) => sweeps.forward(first, count, false) }],
    backward: [
      ...(isHaloed ? [] : [createHalo(space, outputGradient, haloed)]),
      { scope: 'chunk', run: (first, count) => sweeps.backward(first, count) },
    ],
  };
}
