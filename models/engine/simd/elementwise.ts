/** Element-wise layers without weights (ReLU, dropout, addition), and copies between layouts. */
import { imageSize } from '../../../data/index.ts';
import { dropoutMask, keepAll } from '../dropout.ts';
import type { StageOf } from '../fuse.ts';
import { FLOAT_BYTES, type Kernels, type KernelSpace, quadsOf } from './kernels.ts';
import { type FeatureMap, imageAddress, type Layer, type Neighbours, pixelsOf, quadsIn, type Step } from './layer.ts';

/** ReLU. Input and output may share memory, and so may their gradients. */
export function createRelu({ kernels }: KernelSpace, { input, output, outputGradient }: Neighbours): Layer {
  const forward = (first: number, count: number): void =>
    kernels.relu(imageAddress(input, first), imageAddress(output, first), quadsIn(input, count));
  const backward = (first: number, count: number): void =>
    kernels.reluGradient(imageAddress(output, first), imageAddress(outputGradient, first), quadsIn(output, count));
  return {
    forward: () => [{ scope: 'chunk', run: forward }],
    backward: [{ scope: 'chunk', run: backward }],
  };
}

/**
 * Dropout. Input and output may share memory, and so may their gradients.
 * @param step its `seed` is read at every step; null drops nothing
 */
export function createDropout(
  { kernels }: KernelSpace,
  { dropout, output: shape }: StageOf<'dropout'>,
  { input, output, outputGradient }: Neighbours,
  step: { readonly seed: number | null },
): Layer {
  const apply = (from: FeatureMap, to: FeatureMap, first: number, count: number): void => {
    const { key, threshold, scale } = step.seed === null ? keepAll : dropoutMask(dropout, step.seed);
    const [source, target] = [imageAddress(from, first), imageAddress(to, first)];
    const firstElement = first * imageSize(shape);
    const [pixels, quads] = [count * pixelsOf(shape), quadsOf(shape.channels)];
    kernels.dropout(source, target, pixels, shape.channels, quads, firstElement, key, threshold, scale);
  };
  const drop: Step = { scope: 'chunk', run: (first, count) => apply(input, output, first, count) };
  const undo: Step = { scope: 'chunk', run: (first, count) => apply(outputGradient, outputGradient, first, count) };
  const evaluate = input.address === output.address ? [] : [createPlainCopy(kernels, input, output)];
  return { forward: (mode) => (mode === 'train' ? [drop] : evaluate), backward: [undo] };
}

/** Addition. The gradient of the output is also that of the first input, and the second input gets a copy. */
export function createAdd(
  { kernels }: KernelSpace,
  inputs: readonly FeatureMap[],
  output: FeatureMap,
  outputGradient: FeatureMap,
  secondGradient: FeatureMap | null,
): Layer {
  const [a, b] = inputs;
  const forward = (first: number, count: number): void =>
    kernels.add(imageAddress(a, first), imageAddress(b, first), imageAddress(output, first), quadsIn(output, count));
  return {
    forward: () => [{ scope: 'chunk', run: forward }],
    backward: secondGradient ? [createPlainCopy(kernels, outputGradient, secondGradient)] : [],
  };
}

/**
 * The step that converts bytes to floats: into rows inside a halo or, for padded channels, pixel by pixel.
 * @param values of the bytes of each channel, see `valuesOfBytes`
 */
export function createSpread(space: KernelSpace, pixels: number, to: FeatureMap, values: Float32Array | null): Step {
  const { kernels } = space;
  const { height, width, channels } = to.shape;
  const isPadded = to.channels !== channels;
  const [rows, rowValues] = isPadded ? [height * width, channels] : [height, width * channels];
  const rowBytes = isPadded ? to.channels * FLOAT_BYTES : to.rowBytes;
  const place = (first: number) =>
    [pixels + first * imageSize(to.shape), imageAddress(to, first), rowBytes, to.imageBytes, rows, rowValues] as const;
  if (!values) return { scope: 'chunk', run: (first, count) => kernels.spreadBytes(...place(first), count) };

  const table = space.allocate(values.byteLength);
  let isFilled = false;
  return {
    scope: 'chunk',
    run(first, count) {
      // Memory cannot be written before all of it is laid out.
      if (!isFilled) space.floats(table, values.length).set(values);
      isFilled = true;
      kernels.lookUpBytes(...place(first), count, table, channels);
    },
  };
}

/** to += from, for the gradients of a map that several layers read. */
export const createSum = ({ kernels }: KernelSpace, to: FeatureMap, from: FeatureMap): Step => ({
  scope: 'chunk',
  run: (first, count) => {
    const target = imageAddress(to, first);
    kernels.add(target, imageAddress(from, first), target, quadsIn(to, count));
  },
});

/** Flatten, for maps with padding channels: copies the pixels into a dense vector. */
export function createFlatten({ kernels }: KernelSpace, neighbours: Neighbours): Layer {
  const { input, inputGradient, output, outputGradient } = neighbours;
  const { channels } = input.shape;
  const rows = pixelsOf(input.shape);
  const [padded, dense] = [input.channels * FLOAT_BYTES, channels * FLOAT_BYTES];
  return {
    forward: () => [createCopy(kernels, input, padded, output, dense, rows, channels)],
    backward: inputGradient ? [createCopy(kernels, outputGradient, dense, inputGradient, padded, rows, channels)] : [],
  };
}

/** Copies a map into one with a halo. */
export const createHalo = ({ kernels }: KernelSpace, input: FeatureMap, output: FeatureMap): Step => {
  const { height, width } = input.shape;
  return createCopy(kernels, input, input.rowBytes, output, output.rowBytes, height, width * input.channels);
};

/** Copies between maps of the same layout without halos. */
const createPlainCopy = (kernels: Kernels, from: FeatureMap, to: FeatureMap): Step =>
  createCopy(kernels, from, 0, to, 0, 1, from.imageBytes / FLOAT_BYTES);

/** Copies every image as rows of floats, which lie `fromRow` and `toRow` bytes apart. */
function createCopy(
  kernels: Kernels,
  from: FeatureMap,
  fromRow: number,
  to: FeatureMap,
  toRow: number,
  rows: number,
  floats: number,
): Step {
  return {
    scope: 'chunk',
    run(first, count) {
      for (let image = first; image < first + count; image++) {
        kernels.copyRows(imageAddress(from, image), fromRow, imageAddress(to, image), toRow, rows, floats);
      }
    },
  };
}
