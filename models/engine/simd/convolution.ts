/** Any conv2d as one layer of the simd engine: patches times weights, in bands of rows that fit into the cache. */
import type { StageOf } from '../fuse.ts';
import { leadingPadding } from '../plan.ts';
import { FLOAT_BYTES, type KernelSpace } from './kernels.ts';
import { type FeatureMap, imageAddress, type Layer, type Neighbours } from './layer.ts';
import { createWeightMatrix } from './weight-matrix.ts';

/** A quarter of a mebibyte of patches stays in the second-level cache while all panels of weights pass over it. */
const BAND_BYTES = 2 ** 18;

export function createConvolution(
  space: KernelSpace,
  stage: StageOf<'convolution'>,
  { input, inputGradient, output, outputGradient }: Neighbours,
): Layer {
  const { kernels } = space;
  const { convolution } = stage;
  const { kernelSize, strides } = convolution;
  const padding = leadingPadding(convolution, stage.input);
  const { height, width, channels: outputs } = stage.output;
  const taps = kernelSize[0] * kernelSize[1];
  const patchBytes = taps * input.channels * FLOAT_BYTES;
  const bandRows = Math.min(height, Math.max(1, Math.floor(BAND_BYTES / (width * patchBytes))));
  const patches = space.allocate(bandRows * width * patchBytes);
  const matrix = createWeightMatrix(space, {
    kernel: convolution.kernel,
    bias: stage.bias,
    taps,
    channels: stage.input.channels,
    paddedChannels: input.channels,
    outputs,
    mostRows: bandRows * width,
    hasInputGradient: inputGradient !== null,
  });

  const forEachBand = (first: number, count: number, run: (image: number, row: number, rows: number) => void): void => {
    for (let image = first; image < first + count; image++) {
      for (let row = 0; row < height; row += bandRows) run(image, row, Math.min(bandRows, height - row));
    }
  };
  const moving = (
    kernel: typeof kernels.gatherPatches,
    map: FeatureMap,
    image: number,
    row: number,
    rows: number,
  ): void => {
    const { shape, channels, rowBytes } = map;
    // prettier-ignore
    kernel(
      imageAddress(map, image), rowBytes, shape.height, shape.width, channels, patches,
      ...kernelSize, ...strides, ...padding, row, rows, width,
    );
  };
  const rowAddress = (map: FeatureMap, image: number, row: number): number =>
    imageAddress(map, image) + row * map.rowBytes;
  const pixelBytes = output.channels * FLOAT_BYTES;

  const forward = (first: number, count: number): void =>
    forEachBand(first, count, (image, row, rows) => {
      moving(kernels.gatherPatches, input, image, row, rows);
      matrix.forward(patches, patchBytes, rowAddress(output, image, row), pixelBytes, rows * width);
    });

  const backward = (first: number, count: number): void => {
    if (inputGradient) space.bytes(imageAddress(inputGradient, first), count * inputGradient.imageBytes).fill(0);
    forEachBand(first, count, (image, row, rows) => {
      const dY = rowAddress(outputGradient, image, row);
      moving(kernels.gatherPatches, input, image, row, rows);
      matrix.accumulate(patches, patchBytes, dY, pixelBytes, rows * width);
      if (!inputGradient) return;
      matrix.backward(dY, pixelBytes, patches, patchBytes, rows * width);
      moving(kernels.scatterPatches, inputGradient, image, row, rows);
    });
  };

  return {
    load: matrix.load,
    clear: matrix.clear,
    store: matrix.store,
    forward: () => [{ scope: 'chunk', run: forward }],
    backward: [{ scope: 'chunk', run: backward }],
  };
}
