/** conv 3×3 'same' → batch norm → ReLU → max pool 2×2, as one layer of the simd engine. */
import type { StageOf } from '../fuse.ts';
import { BatchNorm } from './batch-norm.ts';
import { FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import { allocateFeatureMap, type Halo, imageAddress, type Layer, type Neighbours } from './layer.ts';
import { createSweeps, sweepsHalo } from './sweeps.ts';

const TAPS = 9;

type ConvolutionBlock = StageOf<'convolutionBlock'>;

/** The zeros that the block needs around its input. */
export const inputHalo = ({ input, convolution }: ConvolutionBlock): Halo =>
  sweepsHalo(input.channels, convolution.output.channels);

/**
 * The input has the zeros of `inputHalo` around it, the output may have some.
 * @param chunk the most images in a step of the scope 'chunk'
 */
export function createConvolutionBlock(
  space: KernelSpace,
  stage: ConvolutionBlock,
  { input, inputGradient, output, outputGradient }: Neighbours,
  capacity: number,
  chunk: number,
): Layer {
  const { kernels } = space;
  const { convolution } = stage;
  const inputChannels = stage.input.channels;
  const outputChannels = convolution.output.channels;
  const quads = quadsOf(outputChannels);
  const inputQuads = quadsOf(inputChannels);
  const pooledPixels = stage.output.height * stage.output.width;

  const norm = new BatchNorm(space, stage.batchNorm, convolution.bias);
  const raw = allocateFeatureMap(space, convolution.output, capacity);
  const peak = allocateFeatureMap(space, stage.output, capacity);
  /** Gradient of `raw` for the images of one chunk; haloed, since the input gradient is a convolution over it. */
  const rawGradient = allocateFeatureMap(space, convolution.output, chunk, inputHalo(stage));

  const weightFloats = quads * LANES * input.channels * TAPS;
  const packed = space.allocate(weightFloats * FLOAT_BYTES);
  const packedGradient = space.allocate(weightFloats * FLOAT_BYTES);
  /** Turned by 180° and with input and output channels exchanged, for the input gradient. */
  const turnedFloats = inputQuads * LANES * quads * LANES * TAPS;
  const turned = space.allocate(turnedFloats * FLOAT_BYTES);

  const sweeps = createSweeps(space, {
    input,
    output: raw,
    outputGradient: rawGradient,
    inputGradient,
    weights: packed,
    turnedWeights: turned,
    weightGradient: packedGradient,
    moments: norm.moments,
  });

  /** Visits every weight: its index in [kh, kw, in, out] and in the packed layout [quad][ky][c][kx][4]. */
  const forEachWeight = (visit: (flat: number, packedIndex: number, turnedIndex: number) => void): void => {
    let flat = 0;
    for (let ky = 0; ky < 3; ky++) {
      for (let kx = 0; kx < 3; kx++) {
        for (let i = 0; i < inputChannels; i++) {
          for (let o = 0; o < outputChannels; o++) {
            visit(flat++, packedIndex(o, ky, i, kx, input.channels), packedIndex(i, 2 - ky, o, 2 - kx, quads * LANES));
          }
        }
      }
    }
  };

  const activate = (first: number, count: number): void => {
    // prettier-ignore
    kernels.normReluPool(
      imageAddress(raw, first), imageAddress(peak, first), imageAddress(output, first),
      output.rowBytes, output.imageBytes, stage.output.height, stage.output.width, quads, count, norm.scales,
    );
  };

  const mask = (first: number, count: number): void => {
    const [from, gradient] = [imageAddress(peak, first), imageAddress(outputGradient, first)];
    kernels.maskGradient(from, gradient, pooledPixels, quads, count, norm.scales, norm.sums);
  };

  const propagate = (first: number, count: number): void => {
    // prettier-ignore
    kernels.normPoolGradient(
      imageAddress(raw, first), imageAddress(peak, first), imageAddress(outputGradient, first),
      rawGradient.address, rawGradient.rowBytes, rawGradient.imageBytes,
      stage.output.height, stage.output.width, quads, count, norm.scales,
    );
    sweeps.backward(first, count);
  };

  return {
    load(weights) {
      norm.load(weights);
      const forward = space.floats(packed, weightFloats);
      const backward = space.floats(turned, turnedFloats);
      forEachWeight((flat, index, turnedIndex) => {
        const value = weights[convolution.kernel + flat];
        forward[index] = value;
        backward[turnedIndex] = value;
      });
      sweeps.load();
    },

    norm,
    forward: (mode) => [
      { scope: 'chunk', run: (first, count) => sweeps.forward(first, count) },
      { scope: 'batch', settles: true, run: (_, count) => norm.close(mode, count) },
      { scope: 'chunk', run: activate },
    ],
    backward: [
      { scope: 'chunk', run: mask },
      { scope: 'batch', run: (_, count) => norm.settleBackward(count) },
      { scope: 'chunk', run: propagate },
    ],

    clear: () => sweeps.clear(),

    store(gradient) {
      norm.store(gradient);
      sweeps.finish();
      const from = space.floats(packedGradient, weightFloats);
      forEachWeight((flat, index) => {
        gradient[convolution.kernel + flat] = from[index];
      });
    },
  };
}

/** Position in [quad][ky][c][kx][4] of output channel o, row ky, input channel i, column kx. */
function packedIndex(o: number, ky: number, i: number, kx: number, inputChannels: number): number {
  return (((Math.floor(o / LANES) * 3 + ky) * inputChannels + i) * 3 + kx) * LANES + (o % LANES);
}
