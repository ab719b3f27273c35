/** conv 3×3 'same' → batch norm → ReLU → max pool 2×2, as one layer of the simd engine. */
import type { StageOf } from '../fuse.ts';
import { BatchNorm } from './batch-norm.ts';
import { type KernelSpace, quadsOf } from './kernels.ts';
import { allocateFeatureMap, imageAddress, type Layer, type Neighbours } from './layer.ts';
import { createSweeps, sweepsHalo } from './sweeps.ts';

type ConvolutionBlock = StageOf<'convolutionBlock'>;

/**
 * The input has a halo of `sweepsHalo`, and the output may have one.
 * @param chunk most images in a step of the scope 'chunk'
 */
export function createConvolutionBlock(
  space: KernelSpace,
  stage: ConvolutionBlock,
  { input, inputGradient, output, outputGradient }: Neighbours,
  capacity: number,
  chunk: number,
): Layer {
  const { kernels } = space;
  const { convolution } = stage;
  const quads = quadsOf(convolution.output.channels);
  const pooledPixels = stage.output.height * stage.output.width;

  const norm = new BatchNorm(space, stage.batchNorm, convolution.bias);
  const raw = allocateFeatureMap(space, convolution.output, capacity);
  const peak = allocateFeatureMap(space, stage.output, capacity);
  /** Gradient of `raw` for the images of one chunk, with a halo, since the input gradient is a convolution over it. */
  const rawGradient = allocateFeatureMap(space, convolution.output, chunk, sweepsHalo(stage));

  const sweeps = createSweeps(space, convolution.kernel, {
    input,
    output: raw,
    outputGradient: rawGradient,
    inputGradient,
    moments: norm.moments,
  });

  const activate = (first: number, count: number): void => {
    // prettier-ignore
    kernels.normReluPool(
      imageAddress(raw, first), imageAddress(peak, first), imageAddress(output, first),
      output.rowBytes, output.imageBytes, stage.output.height, stage.output.width, quads, count, norm.scales,
    );
  };

  const mask = (first: number, count: number): void => {
    const [from, gradient] = [imageAddress(peak, first), imageAddress(outputGradient, first)];
    kernels.maskGradient(from, gradient, pooledPixels, quads, count, norm.scales, norm.sums);
  };

  const propagate = (first: number, count: number): void => {
    // prettier-ignore
    kernels.normPoolGradient(
      imageAddress(raw, first), imageAddress(peak, first), imageAddress(outputGradient, first),
      imageAddress(rawGradient, first), rawGradient.rowBytes, rawGradient.imageBytes,
      stage.output.height, stage.output.width, quads, count, norm.scales,
    );
    sweeps.backward(first, count);
  };

  return {
    load(weights) {
      norm.load(weights);
      sweeps.load(weights);
    },

    norm,
    forward: (mode) => [
      { scope: 'chunk', run: (first, count) => sweeps.forward(first, count, mode !== 'evaluate') },
      { scope: 'batch', settles: true, run: (_, count) => norm.close(mode, count) },
      { scope: 'chunk', run: activate },
    ],
    backward: [
      { scope: 'chunk', run: mask },
      { scope: 'batch', run: (_, count) => norm.settleBackward(count) },
      { scope: 'chunk', run: propagate },
    ],

    clear: () => sweeps.clear(),

    store(gradient) {
      norm.store(gradient);
      sweeps.store(gradient);
    },
  };
}
