/**
 * conv 3×3 'same' → batch norm → ReLU → max pool 2×2 on grey images, as the first layer of the simd engine.
 *
 * The convolution's output is never stored. Its batch statistics come from the patch Gram matrix G of the input, and
 * so does the part of the weight gradient that flows through them: with dy = a·g + B·y + C (batch-norm.ts),
 * dw[t] = a · S[t] + B · (G w)[t] + C · Σ x[t], where S[t] = Σ g · x[t] at the winners. What batch norm asks for follows
 * too, Σ g · y = w · S, so that no y need be kept.
 */
import type { StageOf } from '../fuse.ts';
import { BatchNorm } from './batch-norm.ts';
import { type Address, FLOAT_BYTES, type KernelSpace, LANES, quadsOf } from './kernels.ts';
import {
  allocateFeatureMap,
  type FeatureMap,
  imageAddress,
  type Layer,
  type Mode,
  type Neighbours,
  type Step,
} from './layer.ts';
import { PatchGram } from './patch-gram.ts';
import { cornerAddress } from './sweep.ts';

const TAPS = 9;
/** Rows of a tap's gradient in the kernel `winnersWeightGradient`: three lanes of four are used. */
const SUM_ROWS = 3;
const DOUBLE_BYTES = 8;

type ConvolutionBlock = StageOf<'convolutionBlock'>;

/** Whether the block can be a network's first layer in this form. */
export const takesPatchGram = (stage: ConvolutionBlock, input: FeatureMap): boolean =>
  stage.sources[0] === 0 && input.halo === 1 && PatchGram.takes(input.shape);

/** @param pixels bytes of the network's input, without gaps */
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
  // Four points of three columns of weights, and four lines in whole quads.
  const scratch = space.allocate(12 * LANES * FLOAT_BYTES + 4 * (input.rowBytes + LANES * FLOAT_BYTES));
  const packed = space.allocate(quads * TAPS * LANES * FLOAT_BYTES);
  const sumCount = quads * LANES * SUM_ROWS * LANES;
  const winnersSums = space.allocate(sumCount * DOUBLE_BYTES);
  /** f64 [channel][tap], of the batch at hand. */
  const w = Array.from({ length: channels }, () => new Float64Array(TAPS));

  const measure: Step = { scope: 'chunk', run: (first, count) => gram.add(first, count) };

  /** (G w)[t] */
  const timesGram = (weights: Float64Array, t: number): number =>
    weights.reduce((sum, weight, u) => sum + gram.products[t * TAPS + u] * weight, 0);
  const settle = (mode: Mode, images: number): void => {
    if (mode !== 'evaluate') {
      gram.settle();
      for (const [channel, weights] of w.entries()) {
        const sum = weights.reduce((total, weight, t) => total + weight * gram.sums[t], 0);
        const squares = weights.reduce((total, weight, t) => total + weight * timesGram(weights, t), 0);
        norm.setMoments(channel, sum, squares);
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

  // What follows in the same place, a dropout, leaves zeros where it has none of the gradient either.
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

  /** S[t] of a channel. */
  const winnersSum = (channel: number, t: number): number =>
    space.doubles(winnersSums, sumCount)[(channel * SUM_ROWS + Math.floor(t / 3)) * LANES + (t % 3)];
  const settleBackward = (images: number): void => {
    for (const [channel, weights] of w.entries()) {
      norm.setGradientProduct(
        channel,
        weights.reduce((sum, weight, t) => sum + weight * winnersSum(channel, t), 0),
      );
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
    // Without the batch's statistics nothing can be pooled, and these need no convolution.
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
      space.doubles(winnersSums, sumCount).fill(0);
    },

    store(gradient) {
      norm.store(gradient);
      for (let c = 0; c < channels; c += 1) {
        const { a, slope, offset } = norm.backwardCoefficients(c);
        for (let t = 0; t < TAPS; t += 1) {
          gradient[convolution.kernel + t * channels + c] =
            a * winnersSum(c, t) + slope * timesGram(w[c], t) + offset * gram.sums[t];
        }
      }
    },
  };
}
