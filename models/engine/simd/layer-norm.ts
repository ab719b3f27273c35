/**
 * Layer norm over the channels of every pixel, as one layer of the simd engine. Its input must be kept for the backward
 * pass.
 */
import type { StageOf } from '../fuse.ts';
import { FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import { imageAddress, type Layer, type Neighbours, pixelsOf } from './layer.ts';

const DOUBLE_BYTES = 8;

/** The gradients of input and output may share memory. */
export function createLayerNorm(
  space: KernelSpace,
  { layerNorm: { epsilon, gamma, beta }, output: shape }: StageOf<'layerNorm'>,
  { input, inputGradient, output, outputGradient }: Neighbours,
): Layer {
  const { kernels } = space;
  const { channels } = shape;
  const pixels = pixelsOf(shape);
  const floats = 2 * quadsOf(channels) * LANES;
  const scales = space.allocate(floats * FLOAT_BYTES);
  const sums = space.allocate(floats * DOUBLE_BYTES);
  /** Index of a channel's scale, or of the sum of its gradient. That of the shift is a quad behind it. */
  const placeOf = (channel: number): number => 2 * (channel - (channel % LANES)) + (channel % LANES);

  const forward = (first: number, count: number): void => {
    const [x, y] = [input, output].map((map) => imageAddress(map, first));
    kernels.layerNorm(x, y, scales, count * pixels, channels, epsilon);
  };
  const backward = (first: number, count: number): void => {
    const [x, dY, dX] = [input, outputGradient, inputGradient ?? outputGradient].map((map) => imageAddress(map, first));
    kernels.layerNormGradient(x, dY, dX, scales, sums, count * pixels, channels, epsilon);
  };
  return {
    load(weights) {
      const to = space.floats(scales, floats);
      for (let c = 0; c < channels; c++) {
        to[placeOf(c)] = gamma === null ? 1 : weights[gamma + c];
        to[placeOf(c) + LANES] = beta === null ? 0 : weights[beta + c];
      }
    },
    clear: () => space.doubles(sums, floats).fill(0),
    store(gradient) {
      const from = space.doubles(sums, floats);
      for (let c = 0; c < channels; c++) {
        if (gamma !== null) gradient[gamma + c] = from[placeOf(c)];
        if (beta !== null) gradient[beta + c] = from[placeOf(c) + LANES];
      }
    },
    forward: () => [{ scope: 'chunk', run: forward }],
    backward: [{ scope: 'chunk', run: backward }],
  };
}
