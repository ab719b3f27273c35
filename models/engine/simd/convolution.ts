/**
 * Any conv2d as one layer of the simd engine: a matrix product of the image's patches and the weights, without copying
 * the patches. A dilated convolution is a sum of convolutions with windows of one pixel.
 */
import type { StageOf } from '../fuse.ts';
import { leadingPadding, trailingPadding } from '../plan.ts';
import { FLOAT_BYTES, type KernelSpace } from './kernels.ts';
import { type FeatureMap, type Halo, imageAddress, type Layer, type Neighbours } from './layer.ts';
import { createWeightMatrix, type Patches, type WeightMatrix } from './weight-matrix.ts';

/** Bytes of patch gradients at a time, which stay in the second-level cache until they are added up. */
const BAND_BYTES = 2 ** 18;

/** The halo that the patches reach into. */
export function patchHalo({ convolution, input }: StageOf<'convolution'>): Halo {
  const around = [...leadingPadding(convolution, input), ...trailingPadding(convolution, input)];
  return { halo: Math.max(...around), multiple: 1 };
}

interface Part {
  readonly padding: readonly [top: number, left: number];
  readonly matrix: WeightMatrix;
}

/** The dense windows whose convolutions add up to this one: offsets of their pixels and of their weights. */
function windowsOf({ convolution, input }: StageOf<'convolution'>) {
  const { kernelSize, dilation, kernel, output } = convolution;
  const [top, left] = leadingPadding(convolution, input);
  if (dilation.join() === '1,1') return [{ size: kernelSize, padding: [top, left] as const, kernel }];
  return Array.from({ length: kernelSize[0] * kernelSize[1] }, (_, tap) => {
    const [y, x] = [Math.floor(tap / kernelSize[1]), tap % kernelSize[1]];
    return {
      size: [1, 1] as const,
      padding: [top - y * dilation[0], left - x * dilation[1]] as const,
      kernel: kernel + tap * input.channels * output.channels,
    };
  });
}

/** The input has a halo of `patchHalo`. */
export function createConvolution(
  space: KernelSpace,
  stage: StageOf<'convolution'>,
  { input, inputGradient, output, outputGradient }: Neighbours,
): Layer {
  const { kernels } = space;
  const { convolution } = stage;
  const { strides } = convolution;
  const { height, width, channels: outputs } = stage.output;
  const windows = windowsOf(stage);
  const [{ size }] = windows;
  const taps = size[0] * size[1];
  const patchBytes = taps * input.channels * FLOAT_BYTES;
  const bandRows = Math.min(height, Math.max(1, Math.floor(BAND_BYTES / (width * patchBytes))));
  const patchGradients = space.allocate(inputGradient ? bandRows * width * patchBytes : 0);
  const parts: Part[] = windows.map(({ padding, kernel }, i) => ({
    padding,
    matrix: createWeightMatrix(space, {
      kernel,
      bias: i === 0 ? stage.bias : null,
      isAdded: i > 0,
      taps,
      channels: stage.input.channels,
      paddedChannels: input.channels,
      outputs,
      mostRows: height * width,
      hasInputGradient: inputGradient !== null,
    }),
  }));

  const inputPixel = input.channels * FLOAT_BYTES;
  const lines = { outerRow: strides[0] * input.rowBytes, row: strides[1] * inputPixel };
  const isOneLine = lines.outerRow === width * lines.row;
  const patches = {
    ...lines,
    ...(isOneLine ? { outerRows: 1, rows: height * width } : { outerRows: height, rows: width }),
    outerColumns: size[0],
    outerColumn: input.rowBytes,
    columns: size[1] * input.channels,
  };
  const patchesOf = (image: number, { padding: [top, left] }: Part): Patches => ({
    ...patches,
    start: imageAddress(input, image) - top * input.rowBytes - left * inputPixel,
  });
  const outputPixel = output.channels * FLOAT_BYTES;

  const forward = (first: number, count: number): void => {
    for (let image = first; image < first + count; image++) {
      for (const part of parts) part.matrix.forward(patchesOf(image, part), imageAddress(output, image), outputPixel);
    }
  };

  /** Computes dInput, to which every patch adds its part. */
  const spreadGradient = ({ matrix, padding }: Part, map: FeatureMap, image: number): void => {
    const { shape, channels, rowBytes } = map;
    for (let row = 0; row < height; row += bandRows) {
      const rows = Math.min(bandRows, height - row);
      const dY = imageAddress(outputGradient, image) + row * outputGradient.rowBytes;
      matrix.backward(dY, outputPixel, patchGradients, patchBytes, rows * width);
      // prettier-ignore
      kernels.scatterPatches(
        imageAddress(map, image), rowBytes, shape.height, shape.width, channels, patchGradients,
        ...size, ...strides, ...padding, row, rows, width,
      );
    }
  };

  const backward = (first: number, count: number): void => {
    if (inputGradient) space.bytes(imageAddress(inputGradient, first), count * inputGradient.imageBytes).fill(0);
    for (let image = first; image < first + count; image++) {
      for (const part of parts) {
        part.matrix.accumulate(patchesOf(image, part), imageAddress(outputGradient, image), outputPixel);
        if (inputGradient) spreadGradient(part, inputGradient, image);
      }
    }
  };

  return {
    load: (weights) => parts.forEach(({ matrix }) => matrix.load(weights)),
    clear: () => parts.forEach(({ matrix }) => matrix.clear()),
    store: (gradient) => parts.forEach(({ matrix }) => matrix.store(gradient)),
    forward: () => [{ scope: 'chunk', run: forward }],
    backward: [{ scope: 'chunk', run: backward }],
  };
}
