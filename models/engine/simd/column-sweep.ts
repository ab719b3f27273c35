/** A 3×3 convolution by Winograd's F(2, 3) along its columns: a third fewer multiplications, see kernels/convolution.ts. */
import { FLOAT_BYTES, IMAGES_AT_ONCE, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import { imageAddress } from './layer.ts';
import { cornerAddress, type PackedWeights, type Sweep, type SweepMaps } from './sweep.ts';

/** Winograd points of a column of three weights. A kernel has three columns. */
const POINTS = 4;
const COLUMNS = 3;
const QUAD_BYTES = LANES * FLOAT_BYTES;

export function createColumnSweep(space: KernelSpace, maps: SweepMaps, packed: PackedWeights): Sweep {
  const { kernels } = space;
  const { input, output, outputGradient, inputGradient } = maps;
  const { height, width } = output.shape;
  const [quads, inputQuads] = [quadsOf(output.channels), quadsOf(input.channels)];

  const columnBytes = (channels: number, to: number): number => to * POINTS * channels * COLUMNS * QUAD_BYTES;
  const columns = space.allocate(columnBytes(input.channels, quads));
  const turned = space.allocate(columnBytes(output.channels, inputQuads));
  const gradient = space.allocate(columnBytes(input.channels, quads));
  const lineBytes = Math.max(input.rowBytes, outputGradient.rowBytes) + QUAD_BYTES;
  const lines = space.allocate(Math.ceil(height / 2) * POINTS * lineBytes * IMAGES_AT_ONCE);

  return {
    load() {
      kernels.transformWeights(packed.weights, input.channels, quads, columns);
      if (inputGradient) kernels.transformWeights(packed.turned, output.channels, inputQuads, turned);
    },
    clear() {
      space.bytes(gradient, columnBytes(input.channels, quads)).fill(0);
    },
    forward(first, count, withMoments) {
      const convolve = withMoments ? kernels.convolve3x3Moments : kernels.convolve3x3;
      // prettier-ignore
      convolve(
        cornerAddress(input, first), input.rowBytes, input.imageBytes, columns, lines,
        imageAddress(output, first), height, width, input.channels, quads, count, maps.moments,
      );
    },
    backward(first, count) {
      // prettier-ignore
      kernels.weightGradient3x3(
        cornerAddress(input, first), input.rowBytes, input.imageBytes, lines,
        imageAddress(outputGradient, first), outputGradient.rowBytes, outputGradient.imageBytes,
        height, width, input.channels, quads, count, gradient,
      );
      if (inputGradient) {
        // prettier-ignore
        kernels.convolve3x3(
          cornerAddress(outputGradient, first), outputGradient.rowBytes, outputGradient.imageBytes, turned, lines,
          imageAddress(inputGradient, first), height, width, output.channels, inputQuads, count,
        );
      }
    },
    finish() {
      kernels.transformWeightGradient(gradient, input.channels, quads, packed.gradient);
    },
  };
}
