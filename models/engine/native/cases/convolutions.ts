/** Random calls of the other convolutions: patches, column sweeps and the first layer. */
import { FLOAT_BYTES, IMAGES_AT_ONCE, LANES } from '../../simd/kernels.ts';
import {
  type Call,
  type Case,
  type Source,
  between,
  oneOf,
  floats,
  sums,
  scales,
  someImages,
  haloed,
  QUAD_BYTES,
  DOUBLE_BYTES,
} from './case.ts';

export function patchCase(source: Source, kernel: 'scatterPatches'): Case {
  const [kernelHeight, kernelWidth] = [between(source, 1, 5), between(source, 1, 5)];
  const [strideY, strideX] = [between(source, 1, 3), between(source, 1, 3)];
  const [top, left] = [between(source, 0, kernelHeight - 1), between(source, 0, kernelWidth - 1)];
  const [height, width, channels] = [between(source, 1, 9), between(source, 1, 9), between(source, 1, 9)];
  const [outputHeight, outputWidth] = [between(source, 1, 6), between(source, 1, 6)];
  const firstRow = between(source, 0, outputHeight - 1);
  const rows = between(source, 1, outputHeight - firstRow);
  const row = width * channels * FLOAT_BYTES;
  const input = source.allocate(height * row);
  const patches = floats(source, rows * outputWidth * kernelHeight * kernelWidth * channels);
  const window = [kernelHeight, kernelWidth, strideY, strideX, top, left, firstRow, rows, outputWidth];
  return { calls: [[kernel, input, row, height, width, channels, patches, ...window]] };
}

/** Calls of a column sweep with few input or few output channels. */
export function sweepCase(source: Source, kernel: 'convolve3x3' | 'convolve3x3Moments' | 'weightGradient3x3'): Case {
  const [height, width, images] = [between(source, 1, 9), between(source, 1, 17), someImages(source)];
  const [channels, quads] = oneOf(source, [
    [4, 1],
    [1, 1],
    [3, 2],
    [4, 3],
    [8, 1],
    [2, 5],
  ] as const);
  const input = haloed(source, height, width, channels, images);
  const columns = floats(source, quads * LANES * channels * 12);
  const dOutput = haloed(source, height, width, quads * LANES, images);
  const output = floats(source, images * height * width * quads * LANES);
  const moments = sums(source, quads);
  const lineBytes = Math.max(input.row, dOutput.row) + QUAD_BYTES;
  const bytes = Math.ceil(height / 2) * 4 * lineBytes * IMAGES_AT_ONCE;
  const lines = source.allocate(bytes);
  const sizes = [height, width, channels, quads, images];
  const maps = [input.corner, input.row, input.image];
  const call: Call =
    kernel === 'weightGradient3x3'
      ? [kernel, ...maps, lines, dOutput.inside, dOutput.row, dOutput.image, ...sizes, columns]
      : [kernel, ...maps, columns, lines, output, ...sizes, ...(kernel === 'convolve3x3' ? [] : [moments])];
  // If the number of rows is odd, the partner of the last row lies in the halo.
  const below = Array.from(
    { length: images },
    (_, n) => dOutput.corner + n * dOutput.image + (height + 1) * dOutput.row,
  );
  return {
    calls: [call],
    scratch: [{ address: lines, bytes }],
    zeros: below.map((address) => ({ address, bytes: dOutput.row })),
  };
}

/** Calls of the kernels of the first layer, with maps and valid winners. */
export function firstLayerCase(source: Source, kernel: string): Case {
  const [height, width] = [between(source, 1, 6), 2 * between(source, 1, 5)];
  const [quads, images] = [oneOf(source, [1, 1, 2, 4, 5]), someImages(source)];
  const input = haloed(source, 2 * height, 2 * width, 1, images);
  const weights = floats(source, quads * LANES * 9);
  const bytes =
    (quads * 12 * LANES + 2 * height * 4 * (input.row / FLOAT_BYTES + LANES) * IMAGES_AT_ONCE) * FLOAT_BYTES;
  const scratch = source.allocate(bytes);
  const coefficients = scales(source, quads);
  const pooled = images * height * width * quads * LANES;
  const [winners, gradient] = [floats(source, pooled), floats(source, pooled)];
  const output = haloed(source, height, width, quads * LANES, images);
  const total = source.allocate(quads * LANES * 3 * LANES * DOUBLE_BYTES);
  const maps = [input.corner, input.row, input.image];
  const sizes = [height, width, quads, images];
  const outputs = [output.inside, output.row, output.image];
  const activate: Call = [
    'convolveNormReluPool', ...maps, weights, scratch, coefficients, winners, ...outputs, ...sizes,
  ]; // prettier-ignore
  const calls: Readonly<Record<string, Call>> = {
    convolveNormReluPool: activate,
    convolveNormReluPoolForward: [
      'convolveNormReluPoolForward', ...maps, weights, scratch, coefficients, ...outputs, ...sizes,
    ], // prettier-ignore
    maskPooledGradient: ['maskPooledGradient', ...outputs, gradient, ...sizes, total],
    winnersWeightGradient: ['winnersWeightGradient', ...maps, gradient, winners, ...sizes, total],
  };
  return { prepare: [activate], calls: [calls[kernel]], scratch: [{ address: scratch, bytes }] };
}

export function patchSumCase(source: Source): Case {
  const [height, width, images] = [between(source, 1, 30), 4 * between(source, 1, 8), between(source, 1, 3)];
  const bytes = (height + 3) * (width + 2) * 2 + QUAD_BYTES;
  const scratch = source.allocate(bytes);
  const pixels = source.allocate(images * height * width);
  const totals = source.allocate(52 * DOUBLE_BYTES);
  return {
    calls: [['addPatchSums', pixels, scratch, height, width, images, totals]],
    scratch: [{ address: scratch, bytes }],
    zeros: [{ address: totals, bytes: 52 * DOUBLE_BYTES }],
  };
}
