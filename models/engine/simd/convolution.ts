/** Any conv2d as one layer of the simd engine: a product of the image's patches, where they lie, and the weights. */
import type { StageOf } from '../fuse.ts';
import { leadingPadding } from '../plan.ts';
import { FLOAT_BYTES, type KernelSpace } from './kernels.ts';
import { type FeatureMap, type Halo, imageAddress, type Layer, type Neighbours } from './layer.ts';
import { createWeightMatrix, type Patches } from './weight-matrix.ts';

/** A quarter of a mebibyte of patches' gradients stays in the second-level cache until they are added up. */
const BAND_BYTES = 2 ** 18;

/** The zeros that the patches reach into. */
export function patchHalo({ convolution, input }: StageOf<'convolution'>): Halo {
  const { kernelSize, strides, output } = convolution;
  const leading = leadingPadding(convolution, input);
  const trailing = [output.height - 1, output.width - 1].map(
    (last, axis) => last * strides[axis] + kernelSize[axis] - leading[axis] - [input.height, input.width][axis],
  );
  return { halo: Math.max(0, ...leading, ...trailing), multiple: 1 };
}

/** The input has the zeros of `patchHalo` around it. */
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
  const patchGradients = space.allocate(inputGradient ? bandRows * width * patchBytes : 0);
  const matrix = createWeightMatrix(space, {
    kernel: convolution.kernel,
    bias: stage.bias,
    taps,
    channels: stage.input.channels,
    paddedChannels: input.channels,
    outputs,
    mostRows: height * width,
    hasInputGradient: inputGradient !== null,
  });

  const inputPixel = input.channels * FLOAT_BYTES;
  const lines = { outerRow: strides[0] * input.rowBytes, row: strides[1] * inputPixel };
  const isOneLine = lines.outerRow === width * lines.row;
  const patches = {
    ...lines,
    ...(isOneLine ? { outerRows: 1, rows: height * width } : { outerRows: height, rows: width }),
    outerColumns: kernelSize[0],
    outerColumn: input.rowBytes,
    columns: kernelSize[1] * input.channels,
  };
  const patchesOf = (image: number): Patches => ({
    ...patches,
    start: imageAddress(input, image) - padding[0] * input.rowBytes - padding[1] * inputPixel,
  });
  const outputPixel = output.channels * FLOAT_BYTES;

  const forward = (first: number, count: number): void => {
    for (let image = first; image < first + count; image++) {
      matrix.forward(patchesOf(image), imageAddress(output, image), outputPixel);
    }
  };

  /** dInput, of which every patch adds its part. */
  const spreadGradient = (map: FeatureMap, image: number): void => {
    const { shape, channels, rowBytes } = map;
    for (let row = 0; row < height; row += bandRows) {
      const rows = Math.min(bandRows, height - row);
      const dY = imageAddress(outputGradient, image) + row * outputGradient.rowBytes;
      matrix.backward(dY, outputPixel, patchGradients, patchBytes, rows * width);
      // prettier-ignore
      kernels.scatterPatches(
        imageAddress(map, image), rowBytes, shape.height, shape.width, channels, patchGradients,
        ...kernelSize, ...strides, ...padding, row, rows, width,
      );
    }
  };

  const backward = (first: number, count: number): void => {
    if (inputGradient) space.bytes(imageAddress(inputGradient, first), count * inputGradient.imageBytes).fill(0);
    for (let image = first; image < first + count; image++) {
      matrix.accumulate(patchesOf(image), imageAddress(outputGradient, image), outputPixel);
      if (inputGradient) spreadGradient(inputGradient, image);
    }
  };

  return {
    load: matrix.load,
    clear: matrix.clear,
    store: matrix.store,
    forward: () => [{ scope: 'chunk', run: forward }],
    backward: [{ scope: 'chunk', run: backward }],
  };
}
