/**
 * conv 3×3 'same' → batch norm → ReLU → max pool 2×2 on grey images, as the first layer of the simd engine.
 *
 * The convolution's output is never stored. Its batch statistics come from the patch Gram matrix G of the input, and
 * so does the part of the weight gradient that flows through them: with dy = a·g + B·y + C (batch-norm.ts),
 * dw[t] = a · S[t] + B · (G w)[t] + C · Σ x[t], where S[t] = Σ g · x[t] at the winners. Σ g · y = w · S, which batch
 * norm needs, follows too, so that no y is stored.
 */
import type { StageOf } from '../fuse.ts';
import { BatchNorm } from './batch-norm.ts';
import { type Address, FLOAT_BYTES, IMAGES_AT_ONCE, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import { type Mode } from './mode.ts';
import { allocateFeatureMap, type FeatureMap, imageAddress, type Layer, type Neighbours, type Step } from './layer.ts';
import { PatchGram } from './patch-gram.ts';
import { cornerAddress } from './sweep.ts';

const TAPS = 9;
/** Number of points of Winograd's F(2, 3). */
const POINTS = 4;
/** Rows of the window in the sums of the kernel `winnersWeightGradient`, which use three lanes of four. */
const SUM_ROWS = 3;
const DOUBLE_BYTES = 8;

type ConvolutionBlock = StageOf<'convolutionBlock'>;

/** Whether this layer can run the block: it reads the grey input of the network. */
export const takesPatchGram = (stage: ConvolutionBlock, input: FeatureMap): boolean =>
  stage.sources[0] === 0 && input.halo === 1 && PatchGram.takes(input.shape);

/** @param pixels address of the bytes of the network's input, without gaps */
export function createFirstConvolutionBlock(
  space: KernelSpace,
  stage: ConvolutionBlock,
  { input, output, outputGradient }: Pick<Neighbours, 'input' | 'output' | 'outputGradient'>,
  pixels: Address,
  capacity: number,
): Layer {
  const { kernels } = space;
  const { convolution } = stage;
  const { height, width } = stage.output;
  const channels = convolution.output.channels;
  const quads = quadsOf(channels);

  const gram = new PatchGram(space, input.shape, pixels);
  const norm = new BatchNorm(space, stage.batchNorm, convolution.bias);
  const winners = allocateFeatureMap(space, stage.output, capacity);
  const columnFloats = quads * POINTS * 3 * LANES;
  const lineFloats = height * POINTS * (input.rowBytes / FLOAT_BYTES + LANES) * IMAGES_AT_ONCE;
  const scratch = space.allocate((columnFloats + lineFloats) * FLOAT_BYTES);
  const packed = space.allocate(quads * TAPS * LANES * FLOAT_BYTES);
  const sumCount = quads * LANES * SUM_ROWS * LANES;
  const winnersSums = space.allocate(sumCount * DOUBLE_BYTES);
  /** w and G w, f64 [channel][tap], for the current batch. */
  const w = Array.from({ length: channels }, () => new Float64Array(TAPS));
  const gramTimesW = w.map(() => new Float64Array(TAPS));

  const measure: Step = { scope: 'chunk', run: (first, count) => gram.add(first, count) };
  const settle = (mode: Mode, images: number): void => {
    if (mode !== 'evaluate') {
      gram.settle();
      for (let c = 0; c < channels; c += 1) {
        for (let t = 0; t < TAPS; t += 1) {
          gramTimesW[c][t] = dot(w[c], gram.products.subarray(t * TAPS, (t + 1) * TAPS));
        }
        norm.setMoments(c, dot(w[c], gram.sums), dot(w[c], gramTimesW[c]));
      }
    }
    norm.close(mode, images);
  };

  const activate = (first: number, count: number): void => {
    // prettier-ignore
    kernels.convolveNormReluPool(
      cornerAddress(input, first), input.rowBytes, input.imageBytes, packed, scratch, norm.scales,
      imageAddress(winners, first), imageAddress(output, first), output.rowBytes, output.imageBytes, height, width, quads, count,
    );
  };

  const activateForward = (first: number, count: number): void => {
    // prettier-ignore
    kernels.convolveNormReluPoolForward(
      cornerAddress(input, first), input.rowBytes, input.imageBytes, packed, scratch, norm.scales,
      imageAddress(output, first), output.rowBytes, output.imageBytes, height, width, quads, count,
    );
  };

  // A dropout in place leaves zeros, where the gradient is zero too.
  const mask = (first: number, count: number): void => {
    // prettier-ignore
    kernels.maskPooledGradient(
      imageAddress(output, first), output.rowBytes, output.imageBytes, imageAddress(outputGradient, first),
      height, width, quads, count, norm.sums,
    );
  };

  const accumulate = (first: number, count: number): void => {
    // prettier-ignore
    kernels.winnersWeightGradient(
      cornerAddress(input, first), input.rowBytes, input.imageBytes,
      imageAddress(outputGradient, first), imageAddress(winners, first), height, width, quads, count, winnersSums,
    );
  };

  const sums = (): Float64Array => space.doubles(winnersSums, sumCount);
  const settleBackward = (images: number): void => {
    const from = sums();
    for (let c = 0; c < channels; c += 1) {
      let product = 0;
      for (let t = 0; t < TAPS; t += 1) product += w[c][t] * from[sumIndex(c, t)];
      norm.setGradientProduct(c, product);
    }
    norm.settleBackward(images);
  };

  return {
    load(weights) {
      norm.load(weights);
      const to = space.floats(packed, quads * TAPS * LANES);
      for (let t = 0; t < TAPS; t += 1) {
        for (let c = 0; c < channels; c += 1) {
          const value = weights[convolution.kernel + t * channels + c];
          w[c][t] = value;
          to[(Math.floor(c / LANES) * TAPS + t) * LANES + (c % LANES)] = value;
        }
      }
    },

    norm,
    // Pooling needs the statistics of the batch, which need no convolution.
    forward: (mode) => [
      ...(mode === 'evaluate' ? [] : [measure]),
      { scope: 'batch', settles: true, run: (_, count) => settle(mode, count) },
      { scope: 'chunk', run: mode === 'train' ? activate : activateForward },
    ],
    backward: [
      { scope: 'chunk', run: mask },
      { scope: 'chunk', run: accumulate },
      { scope: 'batch', run: (_, count) => settleBackward(count) },
    ],

    clear() {
      sums().fill(0);
    },

    store(gradient) {
      norm.store(gradient);
      const from = sums();
      for (let c = 0; c < channels; c += 1) {
        const { a, slope, offset } = norm.backwardCoefficients(c);
        for (let t = 0; t < TAPS; t += 1) {
          gradient[convolution.kernel + t * channels + c] =
            a * from[sumIndex(c, t)] + slope * gramTimesW[c][t] + offset * gram.sums[t];
        }
      }
    },
  };
}

/** Index of S[t] of a channel in the sums of the kernel. */
const sumIndex = (channel: number, t: number): number => (channel * SUM_ROWS + Math.floor(t / 3)) * LANES + (t % 3);

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i] * b[i];
  return sum;
}
