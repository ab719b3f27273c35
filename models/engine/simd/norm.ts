/** batch norm, perhaps → ReLU, over any feature map, as one layer of the simd engine. */
import type { StageOf } from '../fuse.ts';
import { BatchNorm } from './batch-norm.ts';
import { type KernelSpace, quadsOf } from './kernels.ts';
import { imageAddress, type Layer, type Neighbours, pixelsOf, type Step } from './layer.ts';

/** The output may have a halo; the gradient of the input replaces that of the output. */
export function createNorm(
  space: KernelSpace,
  stage: StageOf<'norm'>,
  { input, output, outputGradient }: Neighbours,
): Layer {
  const { kernels } = space;
  const { height, width, channels } = stage.output;
  const quads = quadsOf(channels);
  const pixels = pixelsOf(stage.output);
  const rectify = Number(stage.relu);
  const norm = new BatchNorm(space, stage.batchNorm, stage.shift);

  const sum: Step = {
    scope: 'chunk',
    run: (first, count) => kernels.channelMoments(imageAddress(input, first), count * pixels, quads, norm.moments),
  };
  const normalise: Step = {
    scope: 'chunk',
    run(first, count) {
      const [from, to] = [imageAddress(input, first), imageAddress(output, first)];
      const { rowBytes, imageBytes } = output;
      kernels.normalise(from, to, rowBytes, imageBytes, height, width, quads, count, norm.scales, rectify);
    },
  };
  return {
    norm,
    load: (weights) => norm.load(weights),
    store: (gradient) => norm.store(gradient),
    forward: (mode) =>
      mode === 'evaluate'
        ? [normalise]
        : [sum, { scope: 'batch', settles: true, run: (_, count) => norm.close(mode, count) }, normalise],
    backward: [
      {
        scope: 'chunk',
        run(first, count) {
          const [x, dY] = [imageAddress(input, first), imageAddress(outputGradient, first)];
          kernels.normGradientSums(x, dY, count * pixels, quads, norm.scales, norm.sums, rectify);
        },
      },
      { scope: 'batch', run: (_, count) => norm.settleBackward(count) },
      {
        scope: 'chunk',
        run(first, count) {
          const [x, dY] = [imageAddress(input, first), imageAddress(outputGradient, first)];
          kernels.normGradient(x, dY, count * pixels, quads, norm.scales);
        },
      },
    ],
  };
}
