/** Activations other than ReLU, as layers of the simd engine. Their input must be kept for the backward pass. */
import { activationNames } from '../activations.ts';
import type { StageOf } from '../fuse.ts';
import { FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import { imageAddress, type Layer, type Neighbours, pixelsOf, quadsIn, type Step } from './layer.ts';

const DOUBLE_BYTES = 8;

/**
 * An activation. The gradients of input and output may share memory.
 * @param capacity most images of a batch; an output with room for fewer is computed where it is read
 */
export function createActivation(
  { kernels }: KernelSpace,
  { activation: { name, slope } }: StageOf<'activation'>,
  { input, inputGradient, output, outputGradient }: Neighbours,
  capacity: number,
): Layer {
  const kind = activationNames.indexOf(name);
  const forward = (first: number, count: number): void =>
    kernels.activate(kind, imageAddress(input, first), imageAddress(output, first), quadsIn(input, count), slope);
  const backward = (first: number, count: number): void => {
    if (!inputGradient) return;
    const [x, dY, dX] = [input, outputGradient, inputGradient].map((map) => imageAddress(map, first));
    kernels.activateGradient(kind, x, dY, dX, quadsIn(input, count), slope);
  };
  const activate: Step = { scope: 'chunk', run: forward };
  return {
    ...(output.images < capacity && { fillOutput: activate }),
    forward: () => (output.images < capacity ? [] : [activate]),
    backward: [{ scope: 'chunk', run: backward }],
  };
}

/** PReLU, with a slope below 0 for each channel. */
export function createPrelu(
  space: KernelSpace,
  { prelu: { slopes: offset }, output: { channels }, input: shape }: StageOf<'prelu'>,
  { input, inputGradient, output, outputGradient }: Neighbours,
): Layer {
  const { kernels } = space;
  const quads = quadsOf(channels);
  const slopes = space.allocate(quads * LANES * FLOAT_BYTES);
  const sums = space.allocate(quads * LANES * DOUBLE_BYTES);
  const pixels = pixelsOf(shape);
  const forward = (first: number, count: number): void =>
    kernels.prelu(imageAddress(input, first), imageAddress(output, first), slopes, count * pixels, quads);
  const backward = (first: number, count: number): void => {
    const [x, dY, dX] = [input, outputGradient, inputGradient ?? outputGradient].map((map) => imageAddress(map, first));
    kernels.preluGradient(x, dY, dX, slopes, sums, count * pixels, quads);
  };
  return {
    load: (weights) => space.floats(slopes, channels).set(weights.subarray(offset, offset + channels)),
    clear: () => space.doubles(sums, channels).fill(0),
    store: (gradient) => gradient.set(space.doubles(sums, channels), offset),
    forward: () => [{ scope: 'chunk', run: forward }],
    backward: [{ scope: 'chunk', run: backward }],
  };
}
