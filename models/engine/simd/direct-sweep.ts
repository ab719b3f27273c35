/** A 3×3 convolution as the direct sum over its nine taps. */
import { FLOAT_BYTES, type KernelSpace, quadsOf } from './kernels.ts';
import { imageAddress } from './layer.ts';
import { cornerAddress, type PackedWeights, type Sweep, type SweepMaps } from './sweep.ts';

const TAPS = 9;

export function createDirectSweep(space: KernelSpace, maps: SweepMaps, packed: PackedWeights): Sweep {
  const { kernels } = space;
  const { input, output, outputGradient, inputGradient } = maps;
  const { height, width } = output.shape;
  const quads = quadsOf(output.channels);
  return {
    load() {},
    clear() {
      space.bytes(packed.gradient, output.channels * input.channels * TAPS * FLOAT_BYTES).fill(0);
    },
    forward(first, count, withMoments) {
      const convolve = withMoments ? kernels.convolve3x3Moments : kernels.convolve3x3;
      // prettier-ignore
      convolve(
        cornerAddress(input, first), input.rowBytes, input.imageBytes, packed.weights,
        imageAddress(output, first), height, width, input.channels, quads, count, maps.moments,
      );
    },
    backward(first, count) {
      // prettier-ignore
      kernels.weightGradient3x3(
        cornerAddress(input, first), input.rowBytes, input.imageBytes,
        outputGradient.address, outputGradient.rowBytes, outputGradient.imageBytes,
        height, width, input.channels, quads, count, packed.gradient,
      );
      if (inputGradient) {
        // prettier-ignore
        kernels.convolve3x3(
          cornerAddress(outputGradient, 0), outputGradient.rowBytes, outputGradient.imageBytes, packed.turned,
          imageAddress(inputGradient, first), height, width, output.channels, quadsOf(input.channels), count,
        );
      }
    },
    finish() {},
  };
}
