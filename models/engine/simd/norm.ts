/** Batch norm, optionally with ReLU, over any feature map, as one layer of the simd engine. */
import type { StageOf } from '../fuse.ts';
import { BatchNorm } from './batch-norm.ts';
import { type KernelSpace, quadsOf } from './kernels.ts';
import { type FeatureMap, imageAddress, type Layer, type Neighbours, pixelsOf, type Step } from './layer.ts';
import type { Mode } from './mode.ts';

/** The output and the gradient of the input may have a halo. The gradients of input and output may share memory. */
export function createNorm(
  space: KernelSpace,
  stage: StageOf<'norm'>,
  { input, inputGradient, output, outputGradient }: Neighbours,
): Layer {
  const { kernels } = space;
  const { height, width, channels } = stage.output;
  const quads = quadsOf(channels);
  const pixels = pixelsOf(stage.output);
  const rectify = Number(stage.relu);
  const keepsChunk = (map: FeatureMap): boolean => map.images < input.images;
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
  const moments = (mode: Mode): Step[] => [
    sum,
    { scope: 'batch', settles: true, run: (_, count) => norm.close(mode, count) },
  ];
  const propagate = (to: FeatureMap): Step => ({
    scope: 'chunk',
    run(first, count) {
      const [x, dY] = [imageAddress(input, first), imageAddress(outputGradient, first)];
      const { rowBytes, imageBytes } = to;
      // prettier-ignore
      kernels.normGradient(
        x, dY, imageAddress(to, first), rowBytes, imageBytes, height, width, quads, count, norm.scales, rectify,
      );
    },
  });
  return {
    norm,
    load: (weights) => norm.load(weights),
    store: (gradient) => norm.store(gradient),
    ...(keepsChunk(output) && { fillOutput: normalise }),
    ...(inputGradient && keepsChunk(inputGradient) && { fillInputGradient: propagate(inputGradient) }),
    forward: (mode) => [...(mode === 'evaluate' ? [] : moments(mode)), ...(keepsChunk(output) ? [] : [normalise])],
    backward: [
      {
        scope: 'chunk',
        run(first, count) {
          const [x, dY] = [imageAddress(input, first), imageAddress(outputGradient, first)];
          kernels.normGradientSums(x, dY, count * pixels, quads, norm.scales, norm.sums, rectify);
        },
      },
      { scope: 'batch', run: (_, count) => norm.settleBackward(count) },
      ...(inputGradient && !keepsChunk(inputGradient) ? [propagate(inputGradient)] : []),
    ],
  };
}
